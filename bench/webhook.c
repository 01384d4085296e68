/*
 * bench_webhook: the world around a receiver of webhooks, with a stopwatch. Runs both stand-in systems in this process; the org's answers are watched, so that
 * the moment in which a write of an event was accepted is known to the microsecond. bench/webhook.mjs starts it, a receiver beside it, and prints.
 *
 *	bench_webhook PATIENTS API_KEY SECRET      prints {"hint":url,"salesforce":url}; then reads orders, one JSON a line, answers each with one line:
 *	{"url":"http://..","rate":20,"events":200,"senders":8,"wait_ms":20000}      rate 0: a burst, everything made ready before
 *
 * An event is a patient's edit in Hint (so that the stand-in knows it too), then a signed POST to the receiver. Its mark is the e-mail address. Latency runs
 * from the beginning of the POST to the org's acceptance. An event whose patient had a later one accepted first is "overtaken", not lost.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/digest.h"
#include "codec/url.h"
#include "lib/clock.h"
#include "sandbox/systems.h"

enum { EVENTS_MAX = 100000, SENDERS_MAX = 64, ANSWER_MAX = 1 << 20 };
static const char mark[] = "mark-";

struct event {
	size_t patient;     /* index */
	struct arena arena; /* of the body, until the order is done */
	struct str body;
	char signature[80];
	int64_t sent_ns, answered_ns;
	bool taken;                  /* answered with 2xx */
	_Atomic int64_t accepted_ns; /* 0: not seen */
};

struct order {
	struct url_parts url;
	double rate;
	size_t events, senders;
	int64_t wait_ms;
	int64_t begin_ns;
	atomic_size_t next;
};

static struct event events[EVENTS_MAX];
static size_t event_base; /* marks of earlier orders are below */
static struct str *patients;
static size_t patient_count;
static struct server *hint, *salesforce;
static const char *api_key;
static struct str secret;
static struct order order;

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_webhook: %s failed\n", what);
	exit(1);
}

/* ---- the stopwatch: on the org's own thread, after each answer ---- */

static void stamp(struct str body, int64_t now)
{
	ptrdiff_t at;

	while ((at = str_find(body, str_of(mark))) >= 0) {
		size_t n = 0;

		body = str_skip(body, (size_t)at + sizeof(mark) - 1);
		while (body.len && body.at[0] >= '0' && body.at[0] <= '9') {
			n = n * 10 + (size_t)(body.at[0] - '0');
			body = str_skip(body, 1);
		}
		if (n < event_base || n - event_base >= EVENTS_MAX)
			continue;
		if (atomic_load(&events[n - event_base].accepted_ns) == 0)
			atomic_store(&events[n - event_base].accepted_ns, now);
	}
}

static void watch(void *state, struct request *request, struct answer *answer)
{
	if (salesforce_vendor.after)
		salesforce_vendor.after(state, request, answer);
	if (answer->status < 300 && !str_eq(request->method, STR("GET")) && !str_starts(request->path, STR("/__admin")))
		stamp(request->body, clock_mono_ns());
}

/* ---- the systems ---- */

static int into_hint(void *context UNUSED, const struct json *body, struct err *err)
{
	SCOPED(buf) struct buf out = BUF_INIT(ANSWER_MAX);

	return hint_vendor.create(server_state(hint), body, &out, err);
}

static int into_salesforce(void *context UNUSED, const struct json *body, struct err *err)
{
	SCOPED(buf) struct buf out = BUF_INIT(ANSWER_MAX);

	return salesforce_vendor.create(server_state(salesforce), body, &out, err);
}

/* Those that an import links: only they are edited. */
static void note_patients(struct arena *arena, const struct world *world)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)1 << 30);
	struct err err = ERR_INIT;
	struct json *json;

	world_write(world, &text);
	check(json_parse(arena, arena_str(arena, buf_str(&text)), &json, &err) == 0, "read the world");
	patients = arena_new_array(arena, struct str, world_patients(world));
	JSON_EACH (json_get(json, "patients"), row) {
		struct str treatment = json_get_text(row, "treatment");

		if (str_eq_c(treatment, "created") || str_eq_c(treatment, "linked"))
			patients[patient_count++] = json_get_text(row, "id");
	}
	check(patient_count > 0, "find linked patients");
}

static void open_systems(struct arena *arena, int64_t count, struct world **ret)
{
	static struct vendor watched;
	char *arguments[] = { "bench", "--pace", "-1", "--api-key", arena_text(arena, str_of(api_key)), NULL };
	struct world_plan plan = WORLD_PLAN_INIT;
	struct world_sinks sinks = { .hint = into_hint, .salesforce = into_salesforce };
	struct options options;
	struct err err = ERR_INIT;

	plan.patients = (size_t)count;
	watched = salesforce_vendor;
	watched.after = watch;
	check(options_parse(5, arguments, &options, &err) == 0, "read options");
	check(server_open(&hint_vendor, &options, 0, &hint, &err) == 0, "open Hint");
	check(server_open(&watched, &options, 0, &salesforce, &err) == 0, "open Salesforce");
	check(world_build(&plan, &sinks, ret, &err) == 0, "build the world");
	hint_set_world(*ret);
	note_patients(arena, *ret);
	server_start(hint);
	server_start(salesforce);
}

/* ---- a sender: one connection to Hint, one to the receiver ---- */

struct sender {
	pthread_t thread;
	int hint_fd, fd;
	char answer[ANSWER_MAX];
	size_t answer_len, body_at;
};

static int dial(struct str host, unsigned port)
{
	const int yes = 1;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[64];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(host));
	check(inet_pton(AF_INET, text, &at.sin_addr) == 1, "read the address");
	check(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return fd;
}

static size_t length_of(struct str head)
{
	struct str line = str_skip(head, 0);
	int64_t length = 0;

	while (line.len) {
		ptrdiff_t end = str_find(line, STR("\r\n"));
		struct str one = end < 0 ? line : str_range(line.at, (size_t)end);

		if (one.len > 15 && str_eq_nocase(str_range(one.at, 15), STR("content-length:")))
			check(str_to_i64(str_trim(str_skip(one, 15)), &length), "read a length");
		line = str_skip(line, one.len + (end < 0 ? 0 : 2));
	}
	return (size_t)length;
}

/* Both receivers and the stand-ins answer with a Content-Length. Returns the status. */
static int ask(struct sender *s, int fd, const char *head, size_t head_len, const char *body, size_t body_len)
{
	size_t wanted = 0;

	check(send(fd, head, head_len, MSG_MORE | MSG_NOSIGNAL) == (ssize_t)head_len, "send");
	check(send(fd, body, body_len, MSG_NOSIGNAL) == (ssize_t)body_len, "send");
	s->answer_len = s->body_at = 0;
	while (!wanted || s->answer_len < wanted) {
		ssize_t got = recv(fd, s->answer + s->answer_len, sizeof(s->answer) - 1 - s->answer_len, 0);
		ptrdiff_t end;

		check(got > 0, "read an answer");
		s->answer_len += (size_t)got;
		end = wanted ? -1 : str_find(str_range(s->answer, s->answer_len), STR("\r\n\r\n"));
		if (end < 0)
			continue;
		s->body_at = (size_t)end + 4;
		wanted = s->body_at + length_of(str_range(s->answer, (size_t)end));
	}
	return (int)strtol(s->answer + 9, NULL, 10);
}

/* The edit in Hint answers with the patient as the webhook carries it. */
static void make_ready(struct sender *s, size_t n)
{
	SCOPED(buf) struct buf body = BUF_INIT(ANSWER_MAX), hex = BUF_INIT(128);
	struct event *e = &events[n];
	struct digest mac;
	char edit[300], head[300];
	int edit_len, head_len;

	e->patient = (event_base + n) % patient_count;
	edit_len = snprintf(edit, sizeof(edit),
	                    "{\"object\":\"patient\",\"id\":\"%.*s\",\"fields\":{\"email\":\"%s%zu@bench.example\"}}",
	                    STR_ARG(patients[e->patient]), mark, event_base + n);
	head_len = snprintf(head, sizeof(head),
	                    "POST /__admin/edit HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\n\r\n", edit_len);
	check(ask(s, s->hint_fd, head, (size_t)head_len, edit, (size_t)edit_len) == 200, "edit a patient");
	buf_printf(&body,
	           "{\"id\":\"evt-%zu\",\"type\":\"patient.updated\",\"created_at\":\"2026-11-21T10:00:00Z\","
	           "\"practice_id\":\"pra-bench\",\"object\":",
	           event_base + n);
	buf_add(&body, str_range(s->answer + s->body_at, s->answer_len - s->body_at));
	buf_add_char(&body, '}');
	mac = digest_hmac_sha256(secret, buf_str(&body));
	digest_hex(&hex, str_range((const char *)mac.bytes, sizeof(mac.bytes)));
	snprintf(e->signature, sizeof(e->signature), "sha256=%s", buf_text(&hex));
	e->body = arena_str(&e->arena, buf_str(&body));
}

static void post(struct sender *s, size_t n)
{
	struct event *e = &events[n];
	char head[700];
	int len = snprintf(head, sizeof(head),
	                   "POST %.*s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Hint-Signature: "
	                   "%s\r\nContent-Length: %zu\r\n\r\n",
	                   STR_ARG(order.url.path), e->signature, e->body.len);
	int status;

	e->sent_ns = clock_mono_ns();
	status = ask(s, s->fd, head, (size_t)len, e->body.at, e->body.len);
	e->answered_ns = clock_mono_ns();
	e->taken = status >= 200 && status < 300;
}

static void sleep_until(int64_t ns)
{
	struct timespec at = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
		continue;
}

static void *send_paced(void *context)
{
	struct sender *s = context;
	size_t n;

	while ((n = atomic_fetch_add(&order.next, 1)) < order.events) {
		if (order.rate > 0) {
			int64_t due = order.begin_ns + (int64_t)((double)n * 1e9 / order.rate);

			sleep_until(due - 2000000); /* the edit comes before the moment of the webhook */
			make_ready(s, n);
			sleep_until(due);
		}
		post(s, n);
	}
	return NULL;
}

static void *prepare(void *context)
{
	struct sender *s = context;
	size_t n;

	while ((n = atomic_fetch_add(&order.next, 1)) < order.events)
		make_ready(s, n);
	return NULL;
}

static void by_all(struct sender *senders, void *(*run)(void *))
{
	atomic_store(&order.next, 0);
	for (size_t i = 0; i < order.senders; i++)
		must(pthread_create(&senders[i].thread, NULL, run, &senders[i]) == 0);
	for (size_t i = 0; i < order.senders; i++)
		pthread_join(senders[i].thread, NULL);
}

/* ---- an order ---- */

static size_t accepted(void)
{
	size_t count = 0;

	for (size_t i = 0; i < order.events; i++)
		count += atomic_load(&events[i].accepted_ns) != 0;
	return count;
}

/* Until all were accepted, or no more come for a while. */
static void wait_for_all(void)
{
	int64_t since = clock_mono_ns();

	for (size_t before = 0; accepted() < order.events; clock_sleep_ms(5)) {
		size_t now = accepted();

		if (now != before)
			since = clock_mono_ns();
		before = now;
		if (clock_mono_ns() - since > order.wait_ms * 1000000)
			return;
	}
}

static bool overtaken(size_t n)
{
	for (size_t i = n + patient_count; i < order.events; i += patient_count) {
		if (atomic_load(&events[i].accepted_ns))
			return true;
	}
	return false;
}

static int by_number(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static double at_share(int64_t *sorted, size_t count, double share)
{
	return count ? (double)sorted[MIN_OF((size_t)(share * (double)count), count - 1)] / 1e6 : 0;
}

static void report(void)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	int64_t *took = arena_new_array(&arena, int64_t, order.events),
	        *answer = arena_new_array(&arena, int64_t, order.events), last = 0;
	size_t count = 0, lost = 0, passed = 0, refused = 0;

	for (size_t i = 0; i < order.events; i++) {
		int64_t at = atomic_load(&events[i].accepted_ns);

		answer[i] = events[i].answered_ns - events[i].sent_ns;
		refused += !events[i].taken;
		if (at)
			took[count++] = at - events[i].sent_ns;
		else if (overtaken(i))
			passed++;
		else
			lost++;
		last = MAX_OF(last, at);
	}
	qsort(took, count, sizeof(*took), by_number);
	qsort(answer, order.events, sizeof(*answer), by_number);
	printf("{\"events\":%zu,\"accepted\":%zu,\"overtaken\":%zu,\"lost\":%zu,\"refused\":%zu,\"p50_ms\":%.3f,\"p99_"
	       "ms\":%.3f,\"max_ms\":%.3f,"
	       "\"answer_p50_ms\":%.3f,\"answer_p99_ms\":%.3f,\"seconds\":%.4f}\n",
	       order.events, count, passed, lost, refused, at_share(took, count, 0.5), at_share(took, count, 0.99),
	       at_share(took, count, 1), at_share(answer, order.events, 0.5), at_share(answer, order.events, 0.99),
	       (double)(last - order.begin_ns) / 1e9);
	fflush(stdout);
}

static void carry_out(const struct json *spec)
{
	static struct sender senders[SENDERS_MAX];
	int64_t port = 80;

	check(url_split(json_get_text(spec, "url"), &order.url), "read the address");
	check(str_to_double(json_get_text(spec, "rate"), &order.rate), "read the rate");
	order.events = (size_t)MIN_OF(json_int(json_get(spec, "events"), 100), (int64_t)EVENTS_MAX);
	order.senders = (size_t)MIN_OF(json_int(json_get(spec, "senders"), 8), (int64_t)SENDERS_MAX);
	order.wait_ms = json_int(json_get(spec, "wait_ms"), 10000);
	str_to_i64(order.url.port, &port);
	for (size_t i = 0; i < order.senders; i++) {
		senders[i].hint_fd = dial(STR("127.0.0.1"), (unsigned)server_port(hint));
		senders[i].fd = dial(order.url.host, (unsigned)port);
	}
	if (order.rate <= 0)
		by_all(senders, prepare);
	order.begin_ns = clock_mono_ns() + (order.rate > 0 ? 5000000 : 0);
	by_all(senders, send_paced);
	wait_for_all();
	report();
	for (size_t i = 0; i < order.senders; i++) {
		close(senders[i].hint_fd);
		close(senders[i].fd);
	}
	for (size_t i = 0; i < order.events; i++)
		arena_release(&events[i].arena);
	event_base += order.events;
	memset(events, 0, sizeof(events));
}

int main(int argc, char **argv)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct world *world = NULL;
	char line[4096];
	int64_t count;

	if (argc != 4 || !str_to_i64(str_of(argv[1]), &count) || count < 1)
		return 2;
	api_key = argv[2];
	secret = str_of(argv[3]);
	open_systems(&arena, count, &world);
	printf("{\"hint\":\"%.*s\",\"salesforce\":\"%.*s\",\"linked\":%zu}\n", STR_ARG(server_url(hint)),
	       STR_ARG(server_url(salesforce)), patient_count);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		SCOPED(arena) struct arena scratch = ARENA_INIT;
		struct err err = ERR_INIT;
		struct json *spec;

		check(json_parse(&scratch, arena_str(&scratch, str_trim(str_of(line))), &spec, &err) == 0,
		      "read an order");
		carry_out(spec);
	}
	server_free(&hint);
	server_free(&salesforce);
	world_free(&world);
	return 0;
}
