/**
 * Tells the server what was decided, once, whatever happens on the way: a submission waits in localStorage until
 * the server has answered, keeps its id over retries, and outlives the page (fetch keepalive). Oldest first and one
 * at a time: the server takes the time of arrival as the time of the decision.
 */
import { base, config } from './config'
import { keepToken, token } from './cookie'
import { byKey } from './keys'
import { afterPaint } from './paint'
import { hasGpc } from './signal'
import type { Change } from './state'

/** Where submissions wait; a change of it tells the other tabs that there was a decision. */
const QUEUE = `cs_${config.site}`
const QUEUE_LIMIT = 10 // oldest dropped: a visitor who decides more often offline has made their point
const RETRY_MS = 60_000 // no Retry-After of the server is longer: a minute is the span of its limits

interface Submission {
  readonly site: string
  readonly submission_id: string
  visitor: string | null
  readonly [field: string]: unknown
}

let sending = false
let unstored: Submission[] = [] // not yet, or localStorage is closed to us

export function submit({ after, origin, isEcho }: Change): void {
  if (!after.action || isEcho) return
  const { site, version, lang, sha256, purposes } = config
  const submission: Submission = {
    site,
    submission_id: after.id,
    visitor: token,
    policy_version: version,
    language: lang,
    text_sha256: sha256,
    action: after.action,
    decisions: byKey(purposes, (key) => after.purposes[key] === true),
    services: after.services,
    ...origin,
    gpc: hasGpc(),
  }
  unstored.push(submission)
  afterPaint(sendQueue)
}

/** Sends what is waiting, until it is empty or "not now" is said; the next page view goes on, or this one a minute later. */
export async function sendQueue(): Promise<void> {
  if (unstored[0]) storeQueue(queue().slice(-QUEUE_LIMIT))
  if (sending) return
  sending = true
  let next: Submission | undefined
  while ((next = queue()[0]) && (await settle(next))) {
    storeQueue(queue().filter((waiting) => waiting.submission_id !== next!.submission_id))
  }
  sending = false
  if (next) setTimeout(sendQueue, RETRY_MS)
}

/** True when the server has taken or refused it for good; false when it said "not now" (408, 429, 5xx) or nothing. */
async function settle(submission: Submission): Promise<boolean> {
  submission.visitor ??= token // the answer to the one before may have brought it
  try {
    const answer = await fetch(`${base}v1/consents`, {
      method: 'POST',
      body: JSON.stringify(submission), // a string goes as text/plain, which needs no preflight
      keepalive: true,
      credentials: 'omit',
    })
    if (/^5|408|429/.test(`${answer.status}`)) return false
    const said = (await answer.json().catch(() => ({}))) as { token?: string; type?: string }
    if (said.token) keepToken(said.token, submission.submission_id)
    if (submission.visitor && said.type?.endsWith('token-refused')) {
      keepToken(null)
      submission.visitor = null
      return await settle(submission)
    }
    return true
  } catch {
    return false
  }
}

function queue(): Submission[] {
  try {
    return [...(JSON.parse(localStorage.getItem(QUEUE)!) as Submission[]), ...unstored]
  } catch {
    return unstored
  }
}

function storeQueue(waiting: Submission[]): void {
  try {
    localStorage.setItem(QUEUE, JSON.stringify(waiting))
    unstored = []
  } catch {
    unstored = waiting
  }
}
