/*
 * limits: every size, depth, count and time that bounds what comes from outside, in one list. docs/LIMITS.md is written from it by tools/limits, and
 * tools/check-limits sees that it is true, that each limit is used, and that no such figure stands elsewhere in src.
 *
 * To add one: a row of name and value, then its unit, what is bounded, and why it is as it is, divided by "|"; then `tools/limits >docs/LIMITS.md`.
 */
#ifndef SUTURE_LIB_LIMITS_H
#define SUTURE_LIB_LIMITS_H

/* tools/limits reads one row a line. */
/* clang-format off */

/* ---- What far systems answer ---- */
#define LIMIT_HTTP_HEADERS       ((size_t)16 << 10)  /* bytes | headers of one request or answer, both ways | twice what proxies commonly take */
#define LIMIT_HTTP_BODY          ((size_t)64 << 20)  /* bytes | one answer, after decompression | a Bulk API result of 150,000 rows; it is held for one call */
#define LIMIT_HTTP_ANSWER_MS     60000               /* ms | one attempt, where its caller does not say otherwise | as long as most servers work on a request */
#define LIMIT_RETRY_AFTER_S      (7 * 24 * 3600)     /* s | what a Retry-After is believed | a wrong date must not stop a sync for years */
#define LIMIT_RETRY_RECORD_S     (24 * 3600)         /* s | how long one record may be put off by a Retry-After | then it is tried again */
#define LIMIT_STREAM_HOLD_MS     600000              /* ms | how long a far side may ask us to wait for an answer of its stream | Salesforce asks for 110 s */
#define LIMIT_PAYLOAD            ((size_t)4 << 20)   /* bytes | one record, one row of CSV | far above any record of a person that we know */
#define LIMIT_RECORD_ID          255                 /* bytes | the id of a record, and its version | the longest that we know have 40; an index of PostgreSQL holds 2,700 */
#define LIMIT_SOQL_URL           ((size_t)15 << 10)  /* bytes | a query in an address | Salesforce refuses addresses over 16,384 bytes */

/* ---- Texts ---- */
#define LIMIT_JSON_DEPTH         100                 /* levels | JSON and YAML | who walks a tree calls itself for each level */
#define LIMIT_CSV_FIELD          ((size_t)128 << 10) /* bytes | one cell | Salesforce's longest text field has 131,072 characters */
#define LIMIT_CONFIG             ((size_t)4 << 20)   /* bytes | one configuration file, descriptor or document of the console | a hundred times the largest that ships */
#define LIMIT_RECURRENCE         500                 /* bytes | a recurrence rule or its words | longer ones are lists of minutes that "every" says better */
#define LIMIT_RECURRENCE_DAYS    4000                /* days | walked in vain before a rule is said never to happen | 29 February on a Monday comes within 28 years, in 366 walked days */
#define LIMIT_SIGNED_TOKEN       ((size_t)64 << 10)  /* bytes | an id token of an identity provider | one with a few hundred groups in it */
#define LIMIT_PASSWORD           1024                /* bytes | a password as it is typed | hashing costs the same for all, reading them does not */

/* ---- Requests to the daemon ---- */
#define LIMIT_SERVER_HEADERS     100                 /* headers | one request | browsers send 20 */
#define LIMIT_SERVER_CHUNK_LINE  256                 /* bytes | the size of a chunk with its extensions; a trailer | nobody uses either */
#define LIMIT_SERVER_TRAILERS    4096                /* bytes | all trailers of a body | they are read and forgotten */
#define LIMIT_SERVER_SEGMENTS    24                  /* segments | of a path that are told apart; the rest is one | the longest route has eight */
#define LIMIT_SERVER_BODY        ((size_t)4 << 20)   /* bytes | a body where the route says nothing | one record */
#define LIMIT_SERVER_HELD        ((size_t)64 << 20)  /* bytes | all bodies under way together | then 503 until some are carried out */
#define LIMIT_SERVER_QUEUE       256                 /* requests | waiting for a worker | then 503: waiting longer helps nobody */
#define LIMIT_SERVER_CONNECTIONS 1024                /* connections | open at once | descriptors of a usual process; the longest idle one makes room */
#define LIMIT_SERVER_REQUEST_MS  30000               /* ms | from the first byte of a request to its last | however steadily it drips */
#define LIMIT_SERVER_IDLE_MS     60000               /* ms | between two requests; for reading an answer, and a second more for each 16 KB | proxies keep theirs as long */
#define LIMIT_SERVER_STREAM      ((size_t)256 << 10) /* bytes | queued for one listener of live progress | who reads slower is dropped and asks anew */
#define LIMIT_SERVER_LINGER      ((size_t)8 << 20)   /* bytes | read away behind a refused request | so that the refusal is heard */
#define LIMIT_SERVER_LINGER_MS   5000                /* ms | for reading away | a slow line needs longer for 8 MB, and then hears a reset */
#define LIMIT_SERVER_READ_AHEAD  ((size_t)64 << 10)  /* bytes | of requests that come before their turn | the rest waits in the kernel */
#define LIMIT_HOOK_BODY          ((size_t)1 << 20)   /* bytes | one delivery of a webhook | a delivery names records or holds one */
#define LIMIT_HOOK_IDS           200                 /* records | one call of the package in the org | Salesforce's own batch of a trigger */
#define LIMIT_API_BODY           ((size_t)1 << 20)   /* bytes | a request to the API where the route says nothing | forms, not files */
#define LIMIT_API_CHECK          ((size_t)16 << 20)  /* bytes | a mapping with its sample records | a thousand of them */
#define LIMIT_API_PAGE           1000                /* rows | one page of any list of the API | what a screen can hold */
#define LIMIT_API_CHOSEN         200                 /* payloads | named in one request | more are chosen by a filter */
#define LIMIT_API_LISTENERS      256                 /* listeners | of live progress at once | each is a connection */

/* ---- What is made for who asks ---- */
#define LIMIT_API_EVENT          ((size_t)1 << 20)   /* bytes | one message of live progress | a topic that is larger is read by its list */
#define LIMIT_REPORT             ((size_t)4 << 20)   /* bytes | metrics, state of health, description of the API | made whole before it is sent */
#define LIMIT_AUDIT_ROW          ((size_t)16 << 20)  /* bytes | one row of the audit trail, where its hash is made | a document before and after */

/* clang-format on */

#endif
