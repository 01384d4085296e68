/*
 * http_wall: addresses that no request goes to, whatever a name in the configuration, or in a far side's answer, resolves to: link-local ones (169.254.169.254 and
 * its like give a machine's own credentials to whoever asks), "this network", multicast; and this machine itself, unless the URL says so in plain
 * (127.0.0.1, [::1], localhost). Private networks are allowed: EMRs live there. And the list of hosts that whoever runs the program may set (http_client_allow).
 */
#ifndef SUTURE_NET_HTTP_WALL_H
#define SUTURE_NET_HTTP_WALL_H

#include <sys/socket.h>

#include "lib/str.h"

/* `host`: of the URL, with its port. Other families than IPv4 and IPv6 are refused. */
bool http_wall_refuses(const struct sockaddr *address, struct str host);
/* Does it name this machine in plain? */
bool http_wall_is_local(struct str host);
/*
 * Is it one of a list of hosts, comma separated? "api.example.com" is that host with any port, "api.example.com:8443" with this one only, ".example.com" every host below
 * example.com. An IPv6 address stands in brackets.
 */
bool http_wall_lists(struct str list, struct str host);

#endif
