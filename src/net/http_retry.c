#include "net/http_retry.h"

#include <curl/curl.h>
#include <string.h>

#include "lib/limits.h"

static const int64_t longest_backoff_ms = 30000;

/*
 * 429 says that nothing was done, so it is safe for all requests; so is a request that never left. 502, 503 and 504 come
 * from something in between: what is behind it may have worked.
 */
bool http_retry_allowed(const struct http_attempt *attempt, bool idempotent)
{
	if (!attempt->answered)
		return attempt->retryable && (idempotent || !attempt->sent);
	if (attempt->status == 429)
		return true;
	return idempotent && attempt->status >= 502 && attempt->status <= 504;
}

int64_t http_retry_backoff_ms(unsigned first_ms, unsigned attempt, uint32_t random)
{
	int64_t ceiling = MIN_OF((int64_t)first_ms, longest_backoff_ms);

	for (unsigned i = 1; i < attempt && ceiling < longest_backoff_ms; i++)
		ceiling = MIN_OF(ceiling * 2, longest_backoff_ms);
	return (int64_t)(((uint64_t)ceiling + 1) * random >> 32);
}

int64_t http_date(struct str text)
{
	char copy[64];

	if (text.len == 0 || text.len >= sizeof(copy))
		return -1;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return (int64_t)curl_getdate(copy, NULL);
}

int64_t http_retry_after_ms(struct str retry_after, struct str date, int64_t wall_ms)
{
	struct str text = str_trim(retry_after);
	int64_t seconds, then, now;

	if (str_to_i64(text, &seconds))
		return seconds < 0 ? -1 : MIN_OF(seconds, (int64_t)LIMIT_RETRY_AFTER_S) * 1000;
	then = http_date(text);
	if (then < 0)
		return -1;
	now = http_date(str_trim(date));
	if (now < 0)
		now = wall_ms / 1000;
	return then <= now ? 0 : MIN_OF(then - now, (int64_t)LIMIT_RETRY_AFTER_S) * 1000;
}
