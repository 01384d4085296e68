/* api_route: the server's own way from a method and an address to a row of routes. Apart, since what is inside the server and inside a connector bear the same names. */
#ifndef SUTURE_TESTS_FUZZ_API_ROUTE_H
#define SUTURE_TESTS_FUZZ_API_ROUTE_H

#include "net/http_server.h"

/* Fills path, query, names and method of `asked`; NULL: the server would have refused it. `target` holds what stands behind "?" too. */
const struct http_route *api_route(struct arena *arena, const struct http_route *rows, size_t count, struct str method,
                                   struct str target, struct http_asked *asked);

#endif
