/*
 * AUTOINCREMENT where rows are deleted and their ids must not come back: lanes walk the outbox by id, and an entry's id is the
 * idempotency key of its write.
 */
/* The schema, step by step. Append only: an entry that was released is never edited. See migrate.h. */
#include "store/migrate.h"

const struct migration migrations[] = {
	{ "facts about this installation",
	  "CREATE TABLE installation_fact (name TEXT PRIMARY KEY, value TEXT NOT NULL)", NULL },
	{ "definitions: connections, integrations, syncs",
	  "CREATE TABLE definition ("
	  "  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name));"
	  "CREATE TABLE definition_version ("
	  "  definition_id INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL,"
	  "  who TEXT NOT NULL, why TEXT, at_ms INTEGER NOT NULL, PRIMARY KEY (definition_id, version));",
	  NULL },
	{ "staged payloads",
	  "CREATE TABLE staged ("
	  "  id INTEGER PRIMARY KEY, sync_id INTEGER NOT NULL, run_id INTEGER, side INTEGER NOT NULL, door INTEGER NOT "
	  "NULL,"
	  "  state INTEGER NOT NULL, outcome INTEGER NOT NULL, record_id TEXT NOT NULL, version TEXT, modified_ms "
	  "INTEGER,"
	  "  received_ms INTEGER NOT NULL, link_id INTEGER, reason TEXT, error_code TEXT, error_field TEXT, error_ms "
	  "INTEGER,"
	  "  attempts INTEGER NOT NULL, hash BLOB NOT NULL, same INTEGER NOT NULL, body BLOB, body_of INTEGER);"
	  "CREATE INDEX staged_waiting ON staged (sync_id, id) WHERE state = 0;"
	  "CREATE INDEX staged_failed ON staged (sync_id, id) WHERE state = 3;"
	  "CREATE INDEX staged_run ON staged (run_id, id);",
	  NULL },
	{ "identities of both sides",
	  "CREATE TABLE identity ("
	  "  id INTEGER PRIMARY KEY, sync_id INTEGER NOT NULL, side INTEGER NOT NULL, record_id TEXT NOT NULL, "
	  "match_key BLOB,"
	  "  external_id TEXT, synced INTEGER NOT NULL, version TEXT, run_id INTEGER, UNIQUE (sync_id, side, "
	  "record_id));"
	  "CREATE INDEX identity_key ON identity (sync_id, side, match_key, record_id) WHERE match_key IS NOT NULL;"
	  "CREATE INDEX identity_external ON identity (sync_id, side, external_id, record_id) WHERE external_id IS NOT "
	  "NULL;",
	  NULL },
	{ "links",
	  "CREATE TABLE link ("
	  "  id INTEGER PRIMARY KEY AUTOINCREMENT, sync_id INTEGER NOT NULL, state INTEGER NOT NULL, emr_id TEXT NOT "
	  "NULL, crm_id "
	  "TEXT,"
	  "  run_id INTEGER, how TEXT NOT NULL, base BLOB, emr_hash BLOB, emr_version TEXT, emr_modified_ms INTEGER,"
	  "  crm_version TEXT, staged_id INTEGER, created_ms INTEGER NOT NULL, settled_ms INTEGER, mapping_version "
	  "INTEGER NOT NULL,"
	  "  ended_ms INTEGER, ended_why TEXT);",
	  NULL },
	{ "one link a side (R9)",
	  "CREATE UNIQUE INDEX link_emr ON link (sync_id, emr_id) WHERE state < 2;"
	  "CREATE UNIQUE INDEX link_crm ON link (sync_id, crm_id) WHERE state < 2 AND crm_id IS NOT NULL;",
	  NULL },
	{ "outbox",
	  "CREATE TABLE outbox ("
	  "  id INTEGER PRIMARY KEY AUTOINCREMENT, sync_id INTEGER NOT NULL, side INTEGER NOT NULL, priority INTEGER "
	  "NOT NULL, op "
	  "INTEGER NOT NULL,"
	  "  link_id INTEGER NOT NULL, staged_id INTEGER, run_id INTEGER, record_id TEXT NOT NULL, external_key TEXT, "
	  "body BLOB NOT NULL,"
	  "  base BLOB, attempts INTEGER NOT NULL, due_ms INTEGER NOT NULL, error_code TEXT, created_ms INTEGER NOT "
	  "NULL);"
	  "CREATE INDEX outbox_order ON outbox (sync_id, side, priority, id);"
	  "CREATE INDEX outbox_link ON outbox (link_id);",
	  NULL },
	{ "runs",
	  "CREATE TABLE run ("
	  "  id INTEGER PRIMARY KEY, sync_id INTEGER NOT NULL, batch_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, who "
	  "TEXT NOT NULL,"
	  "  state INTEGER NOT NULL, phase INTEGER NOT NULL, cursor TEXT, total INTEGER NOT NULL, read_count INTEGER "
	  "NOT NULL,"
	  "  error TEXT, started_ms INTEGER NOT NULL, ended_ms INTEGER);",
	  NULL },
	{ "journal",
	  "CREATE TABLE journal ("
	  "  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, level INTEGER NOT NULL, sync_id INTEGER, run_id INTEGER,"
	  "  staged_id INTEGER, emr_id TEXT, crm_id TEXT, code TEXT NOT NULL, text TEXT NOT NULL);",
	  NULL },
	{ "audit trail",
	  "CREATE TABLE audit ("
	  "  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT "
	  "NULL,"
	  "  before TEXT, after TEXT, why TEXT, hash BLOB NOT NULL);",
	  NULL },
	{ "conflicts (R22)",
	  "CREATE TABLE conflict ("
	  "  id INTEGER PRIMARY KEY, sync_id INTEGER NOT NULL, link_id INTEGER NOT NULL, staged_id INTEGER, field TEXT "
	  "NOT NULL,"
	  "  winner TEXT NOT NULL, waiting INTEGER NOT NULL, policy_version INTEGER NOT NULL, sides BLOB NOT NULL, "
	  "at_ms INTEGER NOT NULL);"
	  "CREATE INDEX conflict_link ON conflict (link_id, id);",
	  NULL },
	{ "links that were ended (R29)",
	  "CREATE INDEX link_emr_ended ON link (sync_id, emr_id) WHERE state = 2;"
	  "CREATE INDEX link_crm_ended ON link (sync_id, crm_id) WHERE state = 2;",
	  NULL },
	{ "cursors of change feeds and streams (R1)",
	  "CREATE TABLE cursor ("
	  "  sync_id INTEGER NOT NULL, side INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, at_ms INTEGER "
	  "NOT "
	  "NULL, PRIMARY KEY (sync_id, side, name));",
	  NULL },
	{ "schedules (R34, R39)",
	  "CREATE TABLE schedule ("
	  "  id INTEGER PRIMARY KEY, sync_id INTEGER NOT NULL, what INTEGER NOT NULL, rule TEXT NOT NULL, zone TEXT "
	  "NOT "
	  "NULL, argument TEXT, who TEXT NOT NULL, state INTEGER NOT NULL, next_ms INTEGER, last_ms INTEGER);"
	  "CREATE INDEX schedule_due ON schedule (next_ms) WHERE state = 0;",
	  NULL },
	{ "calls of the far systems by day",
	  "CREATE TABLE call_count ("
	  "  connection TEXT NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY "
	  "KEY "
	  "(connection, day, kind));"
	  "CREATE INDEX call_count_day ON call_count (day);",
	  NULL },
	{ "fields that drifted, and what fields are like",
	  "CREATE TABLE drift ("
	  "  id INTEGER PRIMARY KEY, sync_id INTEGER NOT NULL, side INTEGER NOT NULL, field TEXT NOT NULL, what "
	  "INTEGER "
	  "NOT NULL, message TEXT NOT NULL, since_ms INTEGER NOT NULL, healed_ms INTEGER);"
	  "CREATE UNIQUE INDEX drift_open ON drift (sync_id, side, field) WHERE healed_ms IS NULL;"
	  "CREATE TABLE drift_shape ("
	  "  sync_id INTEGER NOT NULL, side INTEGER NOT NULL, field TEXT NOT NULL, shape TEXT NOT NULL, PRIMARY KEY "
	  "(sync_id, side, field));",
	  NULL },
	{ "payloads of both sides, wishes of people, what is more urgent",
	  "ALTER TABLE staged ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
	  "ALTER TABLE staged ADD COLUMN wish INTEGER NOT NULL DEFAULT 0;"
	  "ALTER TABLE staged ADD COLUMN priority INTEGER NOT NULL DEFAULT 2;"
	  "ALTER TABLE staged ADD COLUMN event TEXT;"
	  "ALTER TABLE staged ADD COLUMN partner TEXT;"
	  "ALTER TABLE staged ADD COLUMN modified_by TEXT;"
	  "ALTER TABLE staged ADD COLUMN pushed INTEGER NOT NULL DEFAULT 0;"
	  "DROP INDEX staged_waiting;"
	  "CREATE INDEX staged_waiting ON staged (sync_id, priority, id) WHERE state = 0;"
	  "CREATE INDEX staged_to_read ON staged (sync_id, priority, id) WHERE state = 5;"
	  "CREATE INDEX staged_record ON staged (sync_id, side, record_id, id);",
	  NULL },
	{ "links know when each side was last looked at; the loop breaker",
	  "ALTER TABLE link ADD COLUMN crm_modified_ms INTEGER;"
	  "ALTER TABLE link ADD COLUMN emr_seen_ms INTEGER;"
	  "ALTER TABLE link ADD COLUMN crm_seen_ms INTEGER;"
	  "ALTER TABLE link ADD COLUMN turns INTEGER NOT NULL DEFAULT 0;"
	  "ALTER TABLE link ADD COLUMN turns_since_ms INTEGER;"
	  "ALTER TABLE link ADD COLUMN stopped_why TEXT;",
	  NULL },
	{ "when a side was last read completely (R8)",
	  "CREATE TABLE reading (sync_id INTEGER NOT NULL, side INTEGER NOT NULL, complete_ms INTEGER NOT NULL, "
	  "PRIMARY KEY (sync_id, side));"
	  "ALTER TABLE identity ADD COLUMN staged_hash BLOB;",
	  NULL },
	{ "a link whose EMR record is owed has no EMR id yet (R9, R15)",
	  "DROP INDEX link_emr;"
	  "CREATE UNIQUE INDEX link_emr ON link (sync_id, emr_id) WHERE state < 2 AND emr_id <> '';",
	  NULL },
	{ "runs over a file of ids (R35)",
	  "CREATE TABLE run_input (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body BLOB NOT NULL, who TEXT NOT NULL, "
	  "at_ms INTEGER NOT NULL);"
	  "ALTER TABLE run ADD COLUMN input_id INTEGER;"
	  "ALTER TABLE run ADD COLUMN ignored INTEGER NOT NULL DEFAULT 0;",
	  NULL },
	{ "events by name and day (R37)",
	  "CREATE TABLE event_tally (sync_id INTEGER NOT NULL, day INTEGER NOT NULL, event TEXT NOT NULL, came INTEGER "
	  "NOT NULL, off INTEGER NOT NULL, PRIMARY KEY (sync_id, day, event));",
	  NULL },
	{ "a payload whose record was read knows the one that took its place; what a person decides about a conflict "
	  "(R22)",
	  "ALTER TABLE staged ADD COLUMN read_as INTEGER;"
	  "ALTER TABLE conflict ADD COLUMN decided_by TEXT;"
	  "ALTER TABLE conflict ADD COLUMN decided_ms INTEGER;"
	  "ALTER TABLE conflict ADD COLUMN why TEXT;"
	  "ALTER TABLE conflict ADD COLUMN choice BLOB;",
	  NULL },
	{ "payloads that wait for the record they hang on",
	  "ALTER TABLE staged ADD COLUMN waits_sync INTEGER;"
	  "ALTER TABLE staged ADD COLUMN waits_for TEXT;"
	  "CREATE INDEX staged_parked ON staged (waits_sync, waits_for) WHERE state = 6;",
	  NULL },
	{ "what records were told of how they stand; the side of a link's last turn",
	  "CREATE TABLE told ("
	  "  sync_id INTEGER NOT NULL, side INTEGER NOT NULL, record_id TEXT NOT NULL, status INTEGER NOT NULL, hash "
	  "BLOB NOT NULL,"
	  "  owed_id INTEGER, at_ms INTEGER NOT NULL, PRIMARY KEY (sync_id, side, record_id));"
	  "ALTER TABLE link ADD COLUMN turn_side INTEGER;",
	  NULL },
	{ "who may be the same person: suggestions for a person to decide (R10)",
	  "ALTER TABLE identity ADD COLUMN weak_names INTEGER;"
	  "ALTER TABLE identity ADD COLUMN weak_initial INTEGER;"
	  "CREATE INDEX identity_weak_names ON identity (sync_id, side, weak_names, record_id) WHERE weak_names IS NOT "
	  "NULL;"
	  "CREATE INDEX identity_weak_initial ON identity (sync_id, side, weak_initial, record_id) WHERE weak_initial "
	  "IS NOT NULL;"
	  "CREATE TABLE suggestion ("
	  "  id INTEGER PRIMARY KEY, sync_id INTEGER NOT NULL, emr_id TEXT NOT NULL, crm_id TEXT NOT NULL, "
	  "candidate_side "
	  "INTEGER NOT NULL,"
	  "  why INTEGER NOT NULL, state INTEGER NOT NULL, at_ms INTEGER NOT NULL, decided_by TEXT, decided_ms INTEGER,"
	  "  UNIQUE (sync_id, emr_id, crm_id));"
	  "CREATE INDEX suggestion_open ON suggestion (id) WHERE state = 0;",
	  NULL },
	{ "writes know which version they were decided on, and whether they may have been carried out already (R5, "
	  "R26)",
	  "ALTER TABLE outbox ADD COLUMN version TEXT;"
	  "ALTER TABLE outbox ADD COLUMN sent TEXT;",
	  NULL },
	{ "a run that leaves no row leaves its number to nobody: records remember which run saw them last (R33)",
	  "CREATE TABLE run_number (last INTEGER NOT NULL);"
	  "INSERT INTO run_number SELECT COALESCE(MAX(id), 0) FROM run;",
	  NULL },
	{ "pairs of the past by their EMR record",
	  "CREATE INDEX link_emr_past ON link (sync_id, emr_id) WHERE state >= 2;", NULL },
	{ "people who sign in: accounts, sessions, API tokens, waits",
	  "CREATE TABLE account ("
	  "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, display TEXT NOT NULL, role INTEGER NOT NULL, state "
	  "INTEGER NOT NULL,"
	  "  password TEXT, password_ms INTEGER, subject TEXT UNIQUE, invite BLOB UNIQUE, invite_until_ms INTEGER, "
	  "made_ms INTEGER NOT NULL, seen_ms INTEGER);"
	  "CREATE TABLE session ("
	  "  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE, made_ms INTEGER NOT NULL, "
	  "seen_ms INTEGER NOT NULL, peer TEXT NOT NULL, agent TEXT NOT NULL);"
	  "CREATE INDEX session_account ON session (account_id);"
	  "CREATE INDEX session_made ON session (made_ms);"
	  "CREATE TABLE api_token ("
	  "  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, name TEXT NOT NULL, head TEXT NOT NULL, hash BLOB "
	  "NOT "
	  "NULL UNIQUE, scopes INTEGER NOT NULL,"
	  "  made_ms INTEGER NOT NULL, until_ms INTEGER, seen_ms INTEGER, revoked_ms INTEGER);"
	  "CREATE TABLE sign_in_wait ("
	  "  kind INTEGER NOT NULL, hash BLOB NOT NULL, failures INTEGER NOT NULL, until_ms INTEGER NOT NULL, at_ms "
	  "INTEGER NOT NULL, PRIMARY KEY (kind, hash));"
	  "CREATE INDEX sign_in_wait_at ON sign_in_wait (at_ms);"
	  "CREATE TABLE sign_in_known (hash BLOB PRIMARY KEY, at_ms INTEGER NOT NULL);",
	  NULL },
	{ "the story of a record: what was decided of its fields, when its payloads came through, who fitted",
	  "CREATE TABLE history ("
	  "  id INTEGER PRIMARY KEY, link_id INTEGER NOT NULL, staged_id INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
	  "  mode INTEGER NOT NULL, mapping_version INTEGER NOT NULL, fields TEXT NOT NULL, sides BLOB NOT NULL);"
	  "CREATE INDEX history_link ON history (link_id, id);"
	  "ALTER TABLE staged ADD COLUMN decided_ms INTEGER;"
	  "ALTER TABLE staged ADD COLUMN ended_ms INTEGER;"
	  "ALTER TABLE staged ADD COLUMN candidates TEXT;"
	  "CREATE INDEX journal_emr ON journal (emr_id, id) WHERE emr_id IS NOT NULL;"
	  "CREATE INDEX journal_crm ON journal (crm_id, id) WHERE crm_id IS NOT NULL;"
	  "CREATE INDEX audit_subject ON audit (subject, id);"
	  "CREATE INDEX link_crm_past ON link (sync_id, crm_id) WHERE state >= 2;",
	  NULL },
	{ "cases that wait for a person, and those that one has closed",
	  "CREATE INDEX staged_undecided ON staged (sync_id, id) WHERE outcome IN (5, 6);"
	  "CREATE TABLE case_closed ("
	  "  id INTEGER PRIMARY KEY, sync_id INTEGER NOT NULL, kind INTEGER NOT NULL, side INTEGER NOT NULL, record_id "
	  "TEXT NOT NULL,"
	  "  others TEXT NOT NULL, who TEXT NOT NULL, why TEXT, at_ms INTEGER NOT NULL);"
	  "CREATE INDEX case_closed_record ON case_closed (sync_id, record_id);",
	  NULL },
	{ "drafts: what a person is setting up",
	  "CREATE TABLE draft (who TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL, at_ms INTEGER NOT NULL, "
	  "PRIMARY KEY (who, subject));",
	  NULL },
	{ "what came in real time", "CREATE INDEX staged_live ON staged (sync_id, id) WHERE door IN (1, 3);", NULL },
	{ "a write may have to wait for another one; the loop breaker counts field by field; a table nobody wrote to",
	  "ALTER TABLE outbox ADD COLUMN after_id INTEGER;"
	  "ALTER TABLE link ADD COLUMN turn_fields TEXT;"
	  "ALTER TABLE link DROP COLUMN turns;"
	  "ALTER TABLE link DROP COLUMN turns_since_ms;"
	  "ALTER TABLE link DROP COLUMN turn_side;"
	  "DROP TABLE installation_fact;",
	  NULL },
	{ "records written by hour",
	  "CREATE TABLE moved (hour INTEGER NOT NULL, sync_id INTEGER NOT NULL, side INTEGER NOT NULL, records INTEGER "
	  "NOT NULL, PRIMARY KEY (hour, sync_id, side));",
	  NULL },
	{ "how old is what is known of a record (R4)", "ALTER TABLE identity ADD COLUMN modified_ms INTEGER;", NULL },
	{ "facts about this installation: its last backup, that it was restored",
	  "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL, at_ms BIGINT NOT NULL)", NULL },
	{ "what was purged says so; a draft has a number",
	  "ALTER TABLE staged ADD COLUMN purged_ms INTEGER;"
	  "ALTER TABLE conflict ADD COLUMN purged_ms INTEGER;"
	  "ALTER TABLE history ADD COLUMN purged_ms INTEGER;"
	  "ALTER TABLE draft RENAME TO draft_before;"
	  "CREATE TABLE draft (id INTEGER PRIMARY KEY, who TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL, "
	  "at_ms INTEGER NOT NULL, UNIQUE (who, subject));"
	  "INSERT INTO draft (who, subject, body, at_ms) SELECT who, subject, body, at_ms FROM draft_before;"
	  "DROP TABLE draft_before;",
	  NULL },
	{ "keys that do not change with the key that seals",
	  "CREATE TABLE lasting_key (id INTEGER PRIMARY KEY, body BLOB NOT NULL);", NULL },
	{ "conflicts that wait are counted", "CREATE INDEX conflict_waits ON conflict (id) WHERE waiting = 1;", NULL },
	{ "who works on a sync: leases with a fencing number",
	  "CREATE TABLE lease ("
	  "  name TEXT PRIMARY KEY, sync_id BIGINT NOT NULL, fence BIGINT NOT NULL, expires_ms BIGINT NOT NULL, "
	  "holder TEXT, host TEXT,"
	  "  who TEXT, place TEXT, pid BIGINT, pid_start BIGINT, since_ms BIGINT, lease_ms BIGINT, ready INTEGER, "
	  "streams INTEGER,"
	  "  run TEXT, trouble TEXT, told_ms BIGINT);",
	  NULL },
	{ "who won as a pair was linked: a field whose write was refused then is merged so again (R11 to R15)",
	  "ALTER TABLE link ADD COLUMN first INTEGER;", NULL },
	{ "what is owed for a pair is found when it ends (R29): all payloads were read for that",
	  "CREATE INDEX staged_owed ON staged (link_id) WHERE state = 1;", NULL },
	{ "bulk jobs that may be at work at the far side",
	  "CREATE TABLE bulk_job (sync_id INTEGER NOT NULL, side INTEGER NOT NULL, job TEXT NOT NULL, entries TEXT NOT "
	  "NULL, begun_ms INTEGER NOT NULL, PRIMARY KEY (sync_id, side, job));",
	  NULL },
};
const size_t migration_count = ARRAY_LEN(migrations);
