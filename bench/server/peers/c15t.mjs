// c15t's backend on PostgreSQL as its guide sets it up: Kysely, pg, @hono/node-server, one process.
//   DATABASE_URL=... node c15t.mjs migrate
//   DATABASE_URL=... node c15t.mjs serve --port 8097
// Off: telemetry (its default too). It calls nobody else: the vendor list of the IAB is only fetched
// by GET /init, which is not asked here.
import { c15tInstance } from '@c15t/backend';
import { kyselyAdapter } from '@c15t/backend/db/adapters/kysely';
import { migrator } from '@c15t/backend/db/migrator';
import { DB } from '@c15t/backend/db/schema';
import { serve } from '@hono/node-server';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';

const CONNECTIONS = 20; // twice pg's default, so that 64 clients wait less for one
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: CONNECTIONS });
const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
const adapter = kyselyAdapter({ db, provider: 'postgresql' });

if (process.argv[2] === 'migrate') {
  const prepared = await migrator({ db: DB.client(adapter), schema: 'latest' });
  await prepared.execute();
  process.exit(0);
}
const c15t = c15tInstance({
  appName: 'bench',
  basePath: '/api/c15t',
  trustedOrigins: ['https://shop.example', 'shop.example'],
  adapter,
  logger: { level: 'error' },
  telemetry: { enabled: false },
});
const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
serve({ fetch: (request) => c15t.handler(request), port, hostname: '127.0.0.1' });
