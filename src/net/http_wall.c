#include "net/http_wall.h"

#include <netinet/in.h>
#include <string.h>

/* The first `bits` of an address. */
struct range {
	unsigned char bytes[16];
	unsigned bits;
};

static const struct range never_4[] = {
	{ { 0 }, 8 },                   /* this network; Linux takes 0.0.0.0 for this machine */
	{ { 169, 254 }, 16 },           /* link-local: metadata services */
	{ { 224 }, 4 },                 /* multicast */
	{ { 240 }, 4 },                 /* reserved, broadcast */
	{ { 192, 0, 0, 192 }, 32 },     /* metadata service of one cloud */
	{ { 100, 100, 100, 200 }, 32 }, /* of another one */
};
static const struct range never_6[] = {
	{ { 0xfe, 0x80 }, 10 },                                                        /* link-local */
	{ { 0xff }, 8 },                                                               /* multicast */
	{ { 0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54 }, 128 }, /* metadata service */
	{ { 0 }, 128 },                                                                /* unspecified */
};
static const struct range local_4 = { { 127 }, 8 };
static const struct range local_6 = { { [15] = 1 }, 128 };
/* The last four bytes are an address of IPv4: as sockets write it, and as a network without IPv4 of its own translates it (RFC 6052). */
static const struct range holds_4[] = { { { [10] = 0xff, [11] = 0xff }, 96 }, { { 0x00, 0x64, 0xff, 0x9b }, 96 } };

static bool in_range(const unsigned char *address, const struct range *range)
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;

	return memcmp(address, range->bytes, whole) == 0 &&
	       (rest == 0 || (address[whole] ^ range->bytes[whole]) >> (8 - rest) == 0);
}

static bool in_any(const unsigned char *address, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (in_range(address, &ranges[i]))
			return true;
	}
	return false;
}

/* "host" of "host:8080"; an IPv6 address keeps its brackets. */
static struct str without_port(struct str host)
{
	size_t end = host.len;

	while (end > 0 && host.at[end - 1] >= '0' && host.at[end - 1] <= '9')
		end--;
	if (end == 0 || host.at[end - 1] != ':' || (host.at[0] == '[' && host.at[end - 2] != ']'))
		return host;
	return str_range(host.at, end - 1);
}

/* And not a name such as 127.example, which somebody else decides on. */
static bool is_loopback_number(struct str host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (!strchr("0123456789.", host.at[i]))
			return false;
	}
	return str_starts(host, STR("127."));
}

bool http_wall_is_local(struct str host)
{
	struct str name = str_eq(host, STR("::1")) ? host : without_port(host);

	return is_loopback_number(name) || str_eq(name, STR("[::1]")) || str_eq(name, STR("::1")) ||
	       str_eq_nocase(name, STR("localhost"));
}

static bool fits(struct str entry, struct str host)
{
	if (str_starts(entry, STR(".")))
		return host.len > entry.len && str_eq_nocase(str_skip(host, host.len - entry.len), entry);
	return str_eq_nocase(entry, host);
}

bool http_wall_lists(struct str list, struct str host)
{
	struct str entry;

	while (str_split(&list, ',', &entry)) {
		entry = str_trim(entry);
		if (entry.len && (fits(entry, host) || fits(entry, without_port(host))))
			return true;
	}
	return false;
}

static bool refuses_4(const unsigned char *address, struct str host)
{
	if (in_range(address, &local_4))
		return !http_wall_is_local(host);
	return in_any(address, never_4, ARRAY_LEN(never_4));
}

static bool refuses_6(const unsigned char *address, struct str host)
{
	if (in_any(address, holds_4, ARRAY_LEN(holds_4)))
		return refuses_4(address + 12, host);
	if (in_range(address, &local_6))
		return !http_wall_is_local(host);
	return in_any(address, never_6, ARRAY_LEN(never_6));
}

bool http_wall_refuses(const struct sockaddr *address, struct str host)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return refuses_4((const unsigned char *)&v4.sin_addr, host);
	}
	if (address->sa_family != AF_INET6)
		return true;
	memcpy(&v6, address, sizeof(v6));
	return refuses_6((const unsigned char *)&v6.sin6_addr, host);
}
