-- Two databases with a role each: who has the one has nothing in the other (S20, S24).
-- Once, as a superuser: psql -f roles.sql, then \password consent_app and \password consent_archive_keeper.
-- CONSENT_DATABASE_URL=postgresql://consent_app:...@host/consent
-- CONSENT_ARCHIVE_DATABASE_URL=postgresql://consent_archive_keeper:...@host/consent_archive
-- The archive is better off on another server; then run the lines of each role where its database is.
CREATE ROLE consent_app LOGIN;
CREATE DATABASE consent OWNER consent_app;
REVOKE ALL ON DATABASE consent FROM PUBLIC;

CREATE ROLE consent_archive_keeper LOGIN;
CREATE DATABASE consent_archive OWNER consent_archive_keeper;
REVOKE ALL ON DATABASE consent_archive FROM PUBLIC;
