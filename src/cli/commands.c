/*
 * commands: one row a command. To add one: a row here and a function in a cmd_*.c file; usage, --help and the man page follow.
 */
#include "cli/commands.h"

#define AFTER                                         \
	{                                             \
		"after", "ID", "go on after this one" \
	}
#define LIMIT                                           \
	{                                               \
		"limit", "N", "at most this many (100)" \
	}
#define EMR                                   \
	{                                     \
		"emr", "ID", "the EMR record" \
	}
#define CRM                                   \
	{                                     \
		"crm", "ID", "the CRM record" \
	}
#define WHY                                                            \
	{                                                              \
		"why", "TEXT", "the reason; stands in the audit trail" \
	}
#define WAIT                                                                 \
	{                                                                    \
		"wait", "SECONDS", "how long to wait for the end of it (60)" \
	}
#define QUIET                                \
	{                                    \
		"quiet", NULL, "no progress" \
	}

const struct command cli_commands[] = {
	{ .name = "init",
	  .positionals = "DIR",
	  .summary = "make a folder ready: database, key, a sample configuration",
	  .details = "The key file seals everything at rest. Keep a copy of it apart from the database: without it "
	             "nothing "
	             "can be read. What is in the folder already stays as it is.",
	  .example = "suture init /srv/suture",
	  .options = { { "store", "URL",
	                 "another database than a file in the folder: postgresql://USER@HOST/DATABASE. It is kept in "
	                 "suture.store" } },
	  .run = cmd_init,
	  .no_engine = true },
	{ .name = "apply",
	  .positionals = "FILE.yaml",
	  .summary = "take a configuration: connections, integration, syncs, mapping, policy",
	  .details =
	          "The whole file is checked before anything is stored. Applying the same file again changes nothing. "
	          "Leaving something out of the file deletes nothing; it is named.",
	  .example = "suture apply suture.yaml --why \"the clinic keeps its own e-mail addresses\"",
	  .options = { { "why", "TEXT", "why it is changed; stands in the audit trail" } },
	  .run = cmd_apply },
	{ .name = "export",
	  .positionals = "",
	  .summary = "print the configuration as a file that `apply` takes",
	  .details =
	          "Secrets that were given as text are shown as {sealed: true}; `apply` keeps what is stored for them.",
	  .example = "suture export > suture.yaml",
	  .run = cmd_export },
	{ .name = "policy",
	  .positionals = "[set|history] [FIELD] [WINNER] [SYNC]",
	  .summary = "which side is right, field by field: the page, a change, who changed what (R25)",
	  .details = "`suture policy [SYNC]` prints the page. `suture policy set FIELD WINNER [SYNC]` makes a new "
	             "version: WINNER is "
	             "emr, crm, newest or review (a person decides). `suture policy history [SYNC]` says who changed "
	             "what, "
	             "when and why; to undo a change, set what was before. `suture export` has the policy as part of "
	             "the file.",
	  .example = "suture policy set Email crm --why \"people tell the front desk, not the doctor\"",
	  .options = { { "blank", "keep|clear", "with set: does clearing the field clear the other side (R23)?" },
	               WHY },
	  .run = cmd_policy },
	{ .name = "connect",
	  .positionals = "CONNECTION",
	  .summary = "exchange an authorisation code for a lasting token",
	  .details = "For systems that show an administrator a code to paste, such as Hint (Admin, Integrations).",
	  .example = "suture connect practice --code 4f0c2ab1",
	  .options = { { "code", "CODE", "the authorisation code" } },
	  .run = cmd_connect },
	{ .name = "doctor",
	  .positionals = "",
	  .summary = "look for what is wrong with this installation, or soon will be",
	  .details = "Files and who may read them, the key, room on the disk, the database and its audit trail, "
	             "backups, who works and what waits for too "
	             "long, schedules that are late, both systems and their mapping (as `suture check`), clocks, calls "
	             "of the day that are left. Each "
	             "finding says what to do. Changes nothing; works while the daemon does, and where the database "
	             "cannot be opened. Exit status 3 "
	             "when a finding is an error.",
	  .example = "suture doctor --offline --quick --json",
	  .options = { { "offline", NULL, "ask no far system" }, { "quick", NULL, "do not read the whole database" } },
	  .run = cmd_doctor,
	  .no_engine = true },
	{ .name = "check",
	  .positionals = "[SYNC]",
	  .summary = "reach both systems and hold every row of the mapping against them",
	  .details = "Finds missing and read-only fields, types, lengths and picklist values that do not fit, required "
	             "fields "
	             "that nothing fills, an external id that is not unique. Writes nothing. Exit status 3 when a "
	             "finding is "
	             "an error.",
	  .run = cmd_check },
	{ .name = "preview",
	  .positionals = "[SYNC]",
	  .summary = "one live record: EMR value, transform, CRM value, what would be written",
	  .details = "Writes nothing anywhere. That a record was looked at stands in the audit trail.",
	  .example = "suture preview --id pat-0FSDJLVllITT",
	  .options = { { "id", "ID", "the EMR record; without it, the first one" },
	               { "crm", "ID", "judge a CRM record instead: what would go to the EMR" } },
	  .run = cmd_preview },
	{ .name = "search",
	  .positionals = "emr|crm TEXT [SYNC]",
	  .summary = "people of one system, live, with whom they are linked",
	  .details = "TEXT is what that system's own search takes (a name, an e-mail), or a record's id. Of a system "
	             "without a "
	             "search: the whole name and the birth date, looked up among those that were read. Shows patient "
	             "data: "
	             "that somebody searched stands in the audit trail.",
	  .example = "suture search emr \"Ann Lee\"",
	  .run = cmd_search },
	{ .name = "link",
	  .positionals = "[SYNC]",
	  .summary = "join an EMR record and a CRM record as one person (R11)",
	  .details = "Where both hold a value, the CRM's goes to the EMR; with `--from emr` the other way round. "
	             "Blanks are filled "
	             "from either side. `suture unlink` ends the pair again; values that were overwritten are not put "
	             "back: look "
	             "at `--preview` first. Exit status 3 when it was not done.",
	  .example = "suture link --emr pat-0FSDJLVllITT --crm 003D000000QXYZ1AAP --preview",
	  .options = { EMR,
	               CRM,
	               { "from", "emr|crm", "whose values count where both are filled (crm)" },
	               { "preview", NULL, "show what would be written, field by field; write nothing" },
	               WHY,
	               WAIT },
	  .run = cmd_link },
	{ .name = "unlink",
	  .positionals = "[SYNC]",
	  .summary = "end a pair (R29); both records stay as they are",
	  .details = "The CRM record loses its mark and the EMR's id. Neither is linked again by itself; `suture "
	             "link`, `create` and "
	             "`sync-now` do that.",
	  .example = "suture unlink --crm 003D000000QXYZ1AAP --why \"two people of one name\"",
	  .options = { EMR, CRM, WHY, WAIT },
	  .run = cmd_unlink },
	{ .name = "relink",
	  .positionals = "[SYNC]",
	  .summary = "link two records and end whatever pairs they are in (R30)",
	  .example = "suture relink --emr pat-0FSDJLVllITT --crm 003D000000QXYZ1AAP",
	  .options = { EMR,
	               CRM,
	               { "from", "emr|crm", "whose values count where both are filled (crm)" },
	               { "preview", NULL, "show what would be written, field by field; write nothing" },
	               WHY,
	               WAIT },
	  .run = cmd_relink },
	{ .name = "create",
	  .positionals = "[SYNC]",
	  .summary = "make the counterpart of a record in the other system",
	  .details =
	          "Only where nobody there fits: a record that fits is linked instead, several that fit are refused.",
	  .example = "suture create --crm 003D000000QXYZ1AAP",
	  .options = { EMR, CRM, WHY, WAIT },
	  .run = cmd_create },
	{ .name = "sync-now",
	  .positionals = "[SYNC]",
	  .summary = "read one record now and bring its changes through",
	  .example = "suture sync-now --emr pat-0FSDJLVllITT",
	  .options = { EMR, CRM, WHY, WAIT },
	  .run = cmd_sync_now },
	{ .name = "import",
	  .positionals = "[SYNC]",
	  .summary = "bring all records of the EMR into the CRM, or those CRM records into the EMR whose ids are in a "
	             "file",
	  .details =
	          "Ctrl-C stops after the chunk in hand; calling it again goes on there. Running it again when nothing "
	          "changed writes nothing. With --csv the CRM's values go to the EMR (R14): records that are linked "
	          "already or "
	          "ambiguous are skipped and listed by `suture report`; rows that hold no id are ignored. While "
	          "`suture serve` works "
	          "on the sync it carries the run out. Exit status 3 when some records failed: the others are through, "
	          "`suture "
	          "report` says what next.",
	  .example = "suture import --dry-run --csv changes.csv && suture import --max-change 5%",
	  .options = { { "csv", "FILE",
	                 "a batch over the Salesforce ids in the first column of FILE; with --dry-run instead: every "
	                 "change, field by "
	                 "field, is written to FILE (holds patient data; made readable for you only)" },
	               { "ids", "FILE", "as --csv; with --dry-run too" },
	               { "resume", NULL, "go on with the batch over a file that was cut short; the file was kept" },
	               { "dry-run", NULL, "judge every record, write nothing anywhere" },
	               { "max-change", "N%", "refuse a run that would write to more than this share of the records" },
	               QUIET },
	  .run = cmd_import },
	{ .name = "delta",
	  .positionals = "[SYNC]",
	  .summary = "ask both systems now for what changed since they were asked last (R39)",
	  .details = "The daemon does this by itself, every fifteen minutes unless `suture schedule` says otherwise.",
	  .options = { QUIET },
	  .run = cmd_delta },
	{ .name = "schedule",
	  .positionals = "[ACTION] [WHAT|N] [RULE] [SYNC]",
	  .summary = "what runs by itself, and when: list, add, change, pause, resume, remove (R34, R39)",
	  .details = "`add delta|import|csv RULE [SYNC]`, `change N RULE`, `pause N`, `resume N`, `remove N`. RULE is "
	             "words (\"every 15 "
	             "minutes\", \"weekdays at 02:00\", \"once 2026-12-01T02:00\") or a recurrence rule of RFC 5545 "
	             "(\"FREQ=WEEKLY;BYDAY=MO;BYHOUR=2\"). `suture serve` starts what is due; what was missed while "
	             "nobody ran is made "
	             "up for once. A paused schedule can be resumed, a removed one is gone.",
	  .example = "suture schedule add import \"weekends at 03:00\" --zone America/Chicago",
	  .options = { { "zone", "ZONE", "the time zone of RULE (America/Chicago); UTC unless given" },
	               { "csv", "FILE", "with add csv: the file of Salesforce ids; it is kept" },
	               WHY },
	  .run = cmd_schedule },
	{ .name = "drain",
	  .positionals = "[SYNC]",
	  .summary = "deliver what is owed, back-references included",
	  .details = "They go at the pace of the EMR's connection.",
	  .options = { QUIET },
	  .run = cmd_drain },
	{ .name = "runs",
	  .positionals = "",
	  .summary = "batches and how far they are, the latest first",
	  .options = { { "limit", "N", "at most this many (20)" } },
	  .run = cmd_runs },
	{ .name = "report",
	  .positionals = "[RUN]",
	  .summary = "what became of each record of a run (by number or Batch Sync ID; default: the latest)",
	  .example = "suture report 7 --outcome skipped_ambiguous",
	  .options = { { "csv", NULL, "every record as CSV: ids, outcome, reason; no patient data" },
	               { "outcome", "X",
	                 "only these: created, linked, updated, unchanged, skipped_ambiguous, skipped_linked, "
	                 "skipped_no_match, skipped_filtered, failed" },
	               { "after", "ID", "with --outcome: go on after this payload" },
	               { "limit", "N", "with --outcome: at most this many (100)" } },
	  .run = cmd_report },
	{ .name = "budget",
	  .positionals = "",
	  .summary = "calls of each far system: used today, left, and needed by what is planned",
	  .options = { { "offline", NULL, "do not ask the far systems; what was counted here only" } },
	  .run = cmd_budget },
	{ .name = "leases",
	  .positionals = "",
	  .summary = "which process works on which sync, since when; and which daemons there are",
	  .details = "Several daemons may share a database; each sync is worked on by one process at a time. A daemon "
	             "that is "
	             "not heard of any more loses its syncs to the others once their time is over.",
	  .run = cmd_leases },
	{ .name = "drift",
	  .positionals = "[list|accept] [emr|crm] [FIELD] [SYNC]",
	  .summary = "fields of the far systems that are no longer what they were, and are left out until they are",
	  .details = "All other fields flow; what was held back goes out when the field is as it was. Who changed it "
	             "on purpose accepts "
	             "its new shape. Exit status 3 while a field is left out.",
	  .example = "suture drift accept crm MailingCity --why \"shortened on purpose\"",
	  .options = { { "healed", NULL, "those of the past too" }, WHY },
	  .run = cmd_drift },
	{ .name = "links",
	  .positionals = "",
	  .summary = "pairs of records",
	  .example = "suture links --emr pat-0FSDJLVllITT",
	  .options = { { "emr", "ID", "the pair of this EMR record" },
	               { "crm", "ID", "the pair of this CRM record" },
	               AFTER,
	               LIMIT },
	  .run = cmd_links },
	{ .name = "conflicts",
	  .positionals = "",
	  .summary = "fields that both sides changed, and who won",
	  .details = "Values are shown one conflict at a time, as they are patient data: `--id N` shows what both "
	             "sides held, and "
	             "that somebody looked stands in the audit trail. `suture resolve` decides.",
	  .example = "suture conflicts --waiting",
	  .options = { { "waiting", NULL, "only those that a person has to decide" },
	               { "id", "N", "one conflict with its values: base, EMR, CRM" },
	               AFTER,
	               LIMIT },
	  .run = cmd_conflicts },
	{ .name = "resolve",
	  .positionals = "[N] [emr|crm|value] [TEXT]",
	  .summary = "decide a conflict (R22): the EMR's value, the CRM's, or one typed here",
	  .details = "What was decided is written to the side that differs and stands in the conflict with who, when "
	             "and why. A "
	             "value that was changed on the losing side after the conflict was noted is not overwritten: the "
	             "conflict waits "
	             "for a new decision (exit status 3). A conflict that its policy decided can be overruled, with "
	             "the values of "
	             "then: that is also how a decision is undone.",
	  .example = "suture resolve 12 crm --why \"she told us on the phone\"",
	  .options = { { "all", "emr|crm", "all that wait, for this side" },
	               { "sync", "SYNC", "with --all: of this sync" },
	               WHY,
	               WAIT },
	  .run = cmd_resolve },
	{ .name = "suggestions",
	  .positionals = "",
	  .summary = "pairs that may be one person, for you to decide (R10)",
	  .details =
	          "Nobody is linked by these: names differ in their form, an accent or their order, or day and month "
	          "of a birth date are exchanged. Look at both with `suture search`, then `suture link` them or "
	          "`suture dismiss` the suggestion.",
	  .options = { AFTER, LIMIT },
	  .run = cmd_suggestions },
	{ .name = "dismiss",
	  .positionals = "SUGGESTION",
	  .summary = "these are two people: it is not suggested again",
	  .example = "suture dismiss 12 --why \"father and son\"",
	  .options = { WHY },
	  .run = cmd_dismiss },
	{ .name = "staged",
	  .positionals = "",
	  .summary = "payloads as they arrived, with what became of them",
	  .example = "suture staged --failed",
	  .options = { { "failed", NULL, "only those that failed" },
	               { "run", "RUN", "only those of this run" },
	               { "code", "CODE", "only those with this error code" },
	               { "id", "ID", "one payload" },
	               { "show", NULL, "with --id: its exact bytes (patient data; recorded in the audit trail)" },
	               AFTER,
	               LIMIT },
	  .run = cmd_staged },
	{ .name = "retry",
	  .positionals = "[ID]",
	  .summary = "try failed payloads again: one, all with a code, all of a run",
	  .details = "The record is read again at its source, so that what was mended there comes through.",
	  .example = "suture retry --code bad_value",
	  .options = { { "code", "CODE", "all that failed with this code" },
	               { "run", "RUN", "all that failed in this run" } },
	  .run = cmd_retry },
	{ .name = "log",
	  .positionals = "",
	  .summary = "the log, the latest entries last; never holds patient data",
	  .options = { { "level", "L", "debug, info (default), error or exception, and worse" },
	               { "run", "RUN", "only of this run" },
	               { "after", "ID", "the first ones after this one, instead of the latest" },
	               LIMIT },
	  .run = cmd_log },
	{ .name = "audit",
	  .positionals = "",
	  .summary = "who changed what, when and why",
	  .details =
	          "--verify computes the chain of hashes anew: each row's covers the row before it. Who can write to "
	          "the "
	          "database could also cut its end off or make a new chain: print the head from time to time, keep it "
	          "elsewhere, and hold it against the trail with --expect. Exit status 3: the trail does not fit.",
	  .example = "suture audit --expect \"$(tail -n 1 /mnt/elsewhere/suture.heads)\"",
	  .options = { { "verify", NULL, "recompute the chain of hashes" },
	               { "print-head", NULL,
	                 "verify, and print the latest row's number and hash, to be kept elsewhere" },
	               { "expect", "HASH",
	                 "verify, and say whether the trail still holds the row of a head that was kept" },
	               AFTER,
	               LIMIT },
	  .run = cmd_audit },
	{ .name = "purge",
	  .positionals = "",
	  .summary = "take away the bytes of what is old and over; the proof of what became of it stays",
	  .details =
	          "Payloads that are done, the values of conflicts and decisions, files of ids, bases of pairs that "
	          "have ended. "
	          "Hashes, ids, outcomes and the audit trail stay. What waits, what failed, and payloads that a link "
	          "or a "
	          "younger payload needs are left. Works beside the daemon, which does the same once a day where the "
	          "configuration has `retention:`. Freed places of the file are overwritten as far as they are known; "
	          "--compact leaves nothing in any.",
	  .example = "suture purge --older-than 90d --dry-run",
	  .options = { { "older-than", "DAYS", "what was over before then: 90d" },
	               { "log-older-than", "DAYS", "lines of the log from before then, too" },
	               { "compact", NULL,
	                 "write the whole database anew afterwards; needs its size again, and writers wait" },
	               { "dry-run", NULL, "count only" } },
	  .run = cmd_purge },
	{ .name = "rekey",
	  .positionals = "",
	  .summary = "another key: everything that is sealed is sealed anew",
	  .details = "Makes a new key, or takes the one of --new-key or SUTURE_NEW_KEY, and works beside the daemon, "
	             "which takes it over "
	             "by itself. Both keys stand in the key file until nothing is sealed with the old one: killed at "
	             "any moment, "
	             "it goes on when it is called again. Where somebody else is at work the old key stays known until "
	             "the next "
	             "call (exit status 3). With several machines on one database: --prepare, copy the key file to "
	             "all, then "
	             "rekey on one, and copy the file again.",
	  .example = "suture rekey --dry-run && suture rekey",
	  .options = { { "new-key", "FILE", "64 hex digits; without it a key is made" },
	               { "prepare", NULL, "make the new key known, and use it with the next call" },
	               { "dry-run", NULL, "count what is sealed" } },
	  .run = cmd_rekey },
	{ .name = "account",
	  .positionals = "[ACTION] [NAME] [ROLE]",
	  .summary = "who may use the console and its API: list, add, passwd, role, invite, disable, enable",
	  .details = "`add NAME --role ROLE`, `passwd NAME`, `role NAME ROLE`, `invite NAME`, `disable NAME`, `enable "
	             "NAME`. "
	             "Roles: viewer (no patient data), operator (works), admin (sets up, manages accounts), auditor "
	             "(reads all, "
	             "changes nothing). add and passwd make a password and print it once; with --stdin they take it "
	             "from the "
	             "first line of standard input. invite prints a code with which its holder chooses the password.",
	  .example = "suture account add ann --role admin --display \"Ann Lee\"",
	  .options = { { "role", "ROLE", "with add: viewer, operator, admin or auditor" },
	               { "display", "TEXT", "with add: how people call them" },
	               { "stdin", NULL, "take the password from standard input" },
	               { "invite", NULL, "with add: an invitation instead of a password" } },
	  .run = cmd_account },
	{ .name = "token",
	  .positionals = "[ACTION] [NAME|N]",
	  .summary = "tokens for programs that use the API: list, add, revoke",
	  .details = "`add NAME --account ACCOUNT --scopes see,work`, `revoke N`. The token is printed once. Scopes: "
	             "see, values "
	             "(patient data), work, setup, audit, accounts; only what the account's role has.",
	  .example = "suture token add nightly-report --account ann --scopes see",
	  .options = { { "account", "ACCOUNT", "with add: whose token; what it may not do, the token may not" },
	               { "scopes", "LIST", "with add: what it may do (see)" },
	               { "until", "DATE", "with add: it ends then (2027-01-31, UTC)" },
	               { "revoked", NULL, "with list: those that were revoked too" } },
	  .run = cmd_token },
	{ .name = "backup",
	  .positionals = "FILE",
	  .summary = "copy everything that a new machine needs into one file, also while `suture serve` runs",
	  .details = "The file holds the database as it is at this moment and the files beside it (suture.yaml, "
	             "descriptors, secrets that are read from files of this folder), sealed. It is read through before "
	             "it gets its name; nothing is overwritten. The key is not in it: keep that apart, as without it "
	             "nothing can be read.",
	  .example = "suture backup /backup/suture-$(date +%F).db",
	  .options = { { "with-key", NULL,
	                 "put the key in as well: whoever has the file can then read every patient in it" },
	               QUIET },
	  .run = cmd_backup },
	{ .name = "restore",
	  .positionals = "[FILE]",
	  .summary = "put a backup in the place of the database; both systems are then read anew",
	  .details =
	          "Stop `suture serve` first. The key of the backup must be in the folder (or in the backup). Nothing "
	          "is "
	          "replaced before the file was read through and the key fits; an older schema is brought up, a newer "
	          "one is refused. What the backup holds as not yet written is not written blindly: the records have "
	          "moved on since. The next `suture serve` or `suture import` reads both systems completely and finds "
	          "what changed, was linked or was ended after the backup.",
	  .example = "suture restore /backup/suture-2026-11-20.db --aside before-restore.db",
	  .options = { { "aside", "FILE", "where the database that is there now is kept" },
	               { "marks-only", NULL,
	                 "the database was put back by other means (pg_restore, a copy of a disk): only do what "
	                 "follows from that" } },
	  .run = cmd_restore,
	  .no_engine = true },
	{ .name = "serve",
	  .positionals = "",
	  .summary = "keep both systems the same from now on: webhooks, streams, deltas, schedules",
	  .details = "Prints one line with its address and those of the webhooks, then works until SIGTERM or Ctrl-C: "
	             "what is under "
	             "way is finished; a second signal ends it at once, and nothing is lost. Its log goes to stderr, "
	             "or to systemd's journal. A "
	             "configuration that `suture apply` changes is taken over by itself; SIGHUP reads the certificate "
	             "again. "
	             "/health, /ready and /metrics answer to this machine only, or to all at the address of --admin.",
	  .example = "suture serve --listen 127.0.0.1:8480 --public-url https://suture.example.org",
	  .options = { { "listen", "ADDR:PORT", "where webhooks come in (127.0.0.1:8480); port 0: any that is free" },
	               { "tls-cert", "FILE",
	                 "certificate chain, PEM; without it plain HTTP, for a proxy on this machine" },
	               { "tls-key", "FILE", "its key, PEM" },
	               { "admin", "ADDR:PORT", "another address for /health, /ready and /metrics; plain HTTP" },
	               { "public-url", "URL", "where the far systems find us, for the addresses that are printed" },
	               { "no-stream", NULL, "listen to no stream: webhooks and deltas only" },
	               { "log", "text|json|journald",
	                 "lines of text or JSON on stderr, or entries of systemd's journal with a field for each id; "
	                 "without it "
	                 "journald where stderr leads there, else text" } },
	  .run = cmd_serve },
	{ .name = "webhooks",
	  .positionals = "[CONNECTION] [register|unregister|list]",
	  .summary = "where each system has to send its events, and telling it so",
	  .details = "list (the default) shows the address of each connection and how the system learns of it. "
	             "register tells a system "
	             "that can be told; what it gives for checking its events is kept with the connection. unregister "
	             "takes that back.",
	  .example = "suture webhooks practice register --url https://suture.example.org",
	  .options = { { "url", "URL", "where the far systems find `suture serve`" } },
	  .run = cmd_webhooks },
	{ .name = "completion",
	  .positionals = "bash",
	  .summary = "print what makes bash complete commands, options and their words",
	  .example = "suture completion bash > /etc/bash_completion.d/suture",
	  .run = cmd_completion,
	  .no_engine = true },
	{ .name = "man",
	  .positionals = "",
	  .summary = "print the manual page in roff, for the build",
	  .run = cmd_man,
	  .no_engine = true,
	  .hidden = true },
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);
