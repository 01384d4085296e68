/*
 * abuse: what no honest client sends, as bytes, and what becomes of it. Two servers are held against the table: the daemon's (server_abuse.c), which answers each row with its status and
 * closes; and the one of the stand-in systems (tests/unit/sandbox/abuse_test.c), which is libevent's and lenient (docs/decisions/022), but must neither fall nor stop serving others.
 *
 * To add a row: why it is sent, the bytes, the daemon's status.
 */
#ifndef SUTURE_TESTS_NET_ABUSE_H
#define SUTURE_TESTS_NET_ABUSE_H

#include <stdbool.h>
#include <stddef.h>

#define HOST       "Host: x\r\n"
#define POST       "POST /echo HTTP/1.1\r\n" HOST
#define NUL_HEADER "GET /hello HTTP/1.1\r\n" HOST "X-A: b\0c\r\n\r\n"

struct abuse {
	const char *why, *bytes;
	size_t len;
	unsigned status;
	bool stays; /* what is wrong is the path, not the framing: the connection may go on */
};

#define ROW(why_text, text, code)                                                             \
	{                                                                                     \
		.why = (why_text), .bytes = (text), .len = sizeof(text) - 1, .status = (code) \
	}

#define STAYS(why_text, text, code)                                                                          \
	{                                                                                                    \
		.why = (why_text), .bytes = (text), .len = sizeof(text) - 1, .status = (code), .stays = true \
	}

static const struct abuse abuses[] = {
	ROW("two Content-Length", POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
	ROW("list of lengths", POST "Content-Length: 3, 3\r\n\r\nabc", 400),
	ROW("signed length", POST "Content-Length: +3\r\n\r\nabc", 400),
	ROW("negative length", POST "Content-Length: -1\r\n\r\nabc", 400),
	ROW("hexadecimal length", POST "Content-Length: 0x3\r\n\r\nabc", 400),
	ROW("empty length", POST "Content-Length:\r\n\r\nabc", 400),
	ROW("length over 64 bits", POST "Content-Length: 99999999999999999999\r\n\r\nabc", 400),
	ROW("length and coding", POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	ROW("coding and length", POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
	ROW("other coding", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
	ROW("coding twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
	ROW("coding hidden by a tab",
	    POST "Transfer-Encoding: \x0b"
	         "chunked\r\n\r\n0\r\n\r\n",
	    400),
	ROW("coding in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	ROW("blank before the colon", POST "Content-Length : 3\r\n\r\nabc", 400),
	ROW("blank in a name", "GET /hello HTTP/1.1\r\n" HOST "X A: b\r\n\r\n", 400),
	ROW("no name", "GET /hello HTTP/1.1\r\n" HOST ": b\r\n\r\n", 400),
	ROW("no colon", "GET /hello HTTP/1.1\r\n" HOST "X-A\r\n\r\n", 400),
	ROW("folded line", "GET /hello HTTP/1.1\r\n" HOST "X-A: b\r\n c\r\n\r\n", 400),
	ROW("NUL in a value", NUL_HEADER, 400),
	ROW("NUL in a name", "GET /hello HTTP/1.1\r\n" HOST "X\0A: b\r\n\r\n", 400),
	ROW("CR in a value", "GET /hello HTTP/1.1\r\n" HOST "X-A: b\rc\r\n\r\n", 400),
	ROW("DEL in a value", "GET /hello HTTP/1.1\r\n" HOST "X-A: \x7f\r\n\r\n", 400),
	ROW("bare LF", "GET /hello HTTP/1.1\n" HOST "\n", 400),
	ROW("bare LF later", "GET /hello HTTP/1.1\r\nHost: x\n\r\n", 400),
	ROW("no Host", "GET /hello HTTP/1.1\r\n\r\n", 400),
	ROW("two Host", "GET /hello HTTP/1.1\r\n" HOST HOST "\r\n", 400),
	ROW("path as Host", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
	ROW("TLS on a plain port", "\x16\x03\x01\x02\x00\x01", 400),
	ROW("two blanks", "GET  /hello HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("blank in the target", "GET /he llo HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("no target", "GET\r\n" HOST "\r\n", 400),
	ROW("whole URL", "GET http://x/hello HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("fragment", "GET /hello#x HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("raw UTF-8 in the target", "GET /files/\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("version 2", "GET /hello HTTP/2.0\r\n" HOST "\r\n", 505),
	ROW("version 1.2", "GET /hello HTTP/1.2\r\n" HOST "\r\n", 505),
	ROW("no version", "GET /hello\r\n\r\n", 400),
	STAYS("half a code", "GET /files/%4 HTTP/1.1\r\n" HOST "\r\n", 400),
	STAYS("no code", "GET /files/%zz HTTP/1.1\r\n" HOST "\r\n", 400),
	STAYS("coded NUL", "GET /files/a%00b HTTP/1.1\r\n" HOST "\r\n", 400),
	STAYS("overlong UTF-8", "GET /files/%c0%af HTTP/1.1\r\n" HOST "\r\n", 400),
	STAYS("broken code in the query", "GET /hello?a=%g1 HTTP/1.1\r\n" HOST "\r\n", 400),
	STAYS("coded NUL in the query", "GET /hello?a=%00 HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("other expectation", POST "Content-Length: 1\r\nExpect: more\r\n\r\n", 417),
	ROW("no chunk size", POST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
	ROW("chunk size with sign", POST "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n", 400),
	ROW("chunk size over 32 bits", POST "Transfer-Encoding: chunked\r\n\r\n100000000\r\n", 400),
	ROW("chunk longer than said", POST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400),
	ROW("NUL in a chunk line", POST "Transfer-Encoding: chunked\r\n\r\n1;\0\r\na\r\n0\r\n\r\n", 400),
	ROW("body over the limit of the route", "POST /small HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n", 413),
	ROW("body over that of the server", POST "Content-Length: 4194305\r\n\r\n", 413),
	ROW("chunk over the limit", "POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nb\r\n", 413),
	ROW("chunks over the limit",
	    "POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n", 413),
	ROW("body for nobody", "POST /nobody HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n", 404),
	/* ---- framing ---- */
	ROW("Content-Length apart", POST "Content-Length: 3\r\nX-A: b\r\ncontent-length: 4\r\n\r\nabcd", 400),
	ROW("fraction as length", POST "Content-Length: 3.0\r\n\r\nabc", 400),
	ROW("blank in the length", POST "Content-Length: 1 0\r\n\r\n0123456789", 400),
	ROW("length in quotes", POST "Content-Length: \"3\"\r\n\r\nabc", 400),
	ROW("huge length", POST "Content-Length: 999999999999999999\r\n\r\n", 413),
	ROW("identity", POST "Transfer-Encoding: identity\r\n\r\n", 501),
	ROW("chunked, identity", POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501),
	ROW("chunked with a parameter", POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 501),
	ROW("chunked in quotes", POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501),
	ROW("another word like chunked", POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
	ROW("empty coding", POST "Transfer-Encoding:\r\n\r\n", 501),
	ROW("coding behind a blank line's look", POST "X-A: b\r\n\tTransfer-Encoding: chunked\r\n\r\n", 400),
	/* ---- chunks ---- */
	ROW("hexadecimal sign before a chunk's size", POST "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
	    400),
	ROW("blank before a chunk's size", POST "Transfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n", 400),
	ROW("blank behind a chunk's size", POST "Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n", 400),
	ROW("negative chunk", POST "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n", 400),
	ROW("no size before the extension", POST "Transfer-Encoding: chunked\r\n\r\n;a\r\n0\r\n\r\n", 400),
	ROW("bare LF behind a chunk", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n", 400),
	ROW("chunk without its line end", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na0\r\n\r\n", 400),
	ROW("NUL in a trailer", POST "Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: \0\r\n\r\n", 400),
	/* ---- lines and headers ---- */
	ROW("NUL in the target", "GET /hel\0lo HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("NUL in the method", "G\0T /hello HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("tab for a blank", "GET\t/hello\tHTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("bare CR in the request line", "GET /hello\rHTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("two CR", "GET /hello HTTP/1.1\r\r\n" HOST "\r\n", 400),
	ROW("bare LF before the empty line", "GET /hello HTTP/1.1\r\n" HOST "\n\r\n", 400),
	ROW("folded line before all headers", "GET /hello HTTP/1.1\r\n X-A: b\r\n" HOST "\r\n", 400),
	ROW("brackets in a name", "GET /hello HTTP/1.1\r\n" HOST "X[A]: b\r\n\r\n", 400),
	ROW("UTF-8 in a name", "GET /hello HTTP/1.1\r\n" HOST "X-\xc3\xa4: b\r\n\r\n", 400),
	ROW("Host twice in other letters", "GET /hello HTTP/1.1\r\n" HOST "hOST: y\r\n\r\n", 400),
	ROW("empty Host", "GET /hello HTTP/1.1\r\nHost:\r\n\r\n", 400),
	ROW("user in the Host", "GET /hello HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
	ROW("list as Host", "GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
	/* ---- targets ---- */
	ROW("asterisk", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("tunnel", "CONNECT x:443 HTTP/1.1\r\n" HOST "\r\n", 400),
	STAYS("way up", "GET /../../etc/passwd HTTP/1.1\r\n" HOST "\r\n", 404),
	STAYS("coded way up", "GET /hello/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" HOST "\r\n", 404),
	STAYS("coded slash is no slash", "GET /hooks%2Fa%2Fb HTTP/1.1\r\n" HOST "\r\n", 404),
	STAYS("backslash", "GET /hooks\\a\\b HTTP/1.1\r\n" HOST "\r\n", 404),
	STAYS("doubled slash", "GET //hello HTTP/1.1\r\n" HOST "\r\n", 404),
	STAYS("code of a code", "GET /%2568ello HTTP/1.1\r\n" HOST "\r\n", 404),
	STAYS("method in small letters", "get /hello HTTP/1.1\r\n" HOST "\r\n", 405),
	STAYS("method that nobody knows", "BREW /hello HTTP/1.1\r\n" HOST "\r\n", 405),
	STAYS("TRACE", "TRACE /hello HTTP/1.1\r\n" HOST "\r\n", 405),
	/* ---- other protocols ---- */
	ROW("HTTP/2 without having been asked", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
	ROW("version in small letters", "GET /hello http/1.1\r\n" HOST "\r\n", 400),
	ROW("version with a digit more", "GET /hello HTTP/1.10\r\n" HOST "\r\n", 400),
	ROW("SSH", "SSH-2.0-x\r\n\r\n", 400),
	ROW("mail", "EHLO x\r\n\r\n", 400),
	ROW("binary", "\x00\x01\x02\x03", 400),
};

#endif
