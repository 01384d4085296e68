/* limits: every size and depth that Suture accepts from outside, in one list. */
#ifndef SUTURE_LIB_LIMITS_H
#define SUTURE_LIB_LIMITS_H

#define LIMIT_HTTP_HEADERS ((size_t)16 << 10) /* of one request or answer */
#define LIMIT_HTTP_BODY    ((size_t)64 << 20) /* of one answer, after decompression */
#define LIMIT_PAYLOAD      ((size_t)4 << 20)  /* one record */
#define LIMIT_CONFIG       ((size_t)4 << 20)  /* one configuration file */
#define LIMIT_JSON_DEPTH   100
#define LIMIT_CSV_FIELD    ((size_t)128 << 10)
#define LIMIT_SOQL_URL     ((size_t)15 << 10) /* Salesforce refuses URLs over 16,384 bytes */

#endif
