#include "access_fake.h"

#include "access/provider.h"

static int tell(const struct access *access, struct person *ret, struct err *err)
{
	*ret = access->person;
	return access->person.rights ? 0 : err_set(err, ERR_AUTH, "nobody is signed in");
}

int access_check(struct access *access, struct arena *arena UNUSED, struct str cookie UNUSED, struct str bearer UNUSED,
                 struct str peer UNUSED, struct person *ret, struct err *err)
{
	access->used++;
	return tell(access, ret, err);
}

int access_look(struct access *access, struct arena *arena UNUSED, struct str cookie UNUSED, struct str bearer UNUSED,
                struct str peer UNUSED, struct person *ret, struct err *err)
{
	access->looked++;
	return tell(access, ret, err);
}

bool access_csrf_fits(const struct person *person, struct str csrf)
{
	return str_eq(person->csrf, csrf);
}

const char *access_cookie_name(const struct access *access UNUSED)
{
	return "suture";
}

struct str access_who(struct arena *arena, const struct person *person)
{
	return arena_printf(arena, "console:%.*s", STR_ARG(person->name));
}

/* ---- what these tests never come to: tests/node/access does ---- */

int access_setup_code(struct access *access UNUSED, struct arena *arena UNUSED, struct str *ret, struct err *err UNUSED)
{
	*ret = STR_EMPTY;
	return 0;
}

int access_settings(struct access *access UNUSED, struct access_settings *ret, struct err *err UNUSED)
{
	*ret = access_defaults;
	return 0;
}

struct str access_peer(struct access *access UNUSED, struct arena *arena UNUSED, struct str peer,
                       struct str forwarded_for UNUSED)
{
	return peer;
}

struct str access_set_cookie(const struct access *access UNUSED, struct arena *arena, struct str value)
{
	return arena_printf(arena, "suture=%.*s", STR_ARG(value));
}

bool access_is_secure(const struct access *access UNUSED)
{
	return false;
}

#define NEVER                                                         \
	{                                                             \
		unreachable("the tests of the table do not sign in"); \
	}
int provider_name(struct access *access UNUSED, struct arena *arena UNUSED, struct str *ret, struct err *err UNUSED)
{
	*ret = STR_EMPTY;
	return 0;
}

int provider_start(struct access *access UNUSED, struct arena *arena UNUSED, struct str redirect UNUSED,
                   struct str *ret_location UNUSED, struct str *ret_cookie UNUSED, struct err *err UNUSED) NEVER
        int provider_finish(struct access *access UNUSED, struct arena *arena UNUSED,
                            const struct provider_answer *answer UNUSED, const struct sign_in *asked UNUSED,
                            struct signed_in *ret UNUSED, const char **ret_why UNUSED,
                            struct err *err UNUSED) NEVER const
        char *provider_cookie_name(const struct access *access UNUSED) NEVER struct str
        provider_cookie_end(const struct access *access UNUSED, struct arena *arena UNUSED) NEVER
        int access_sign_in(struct access *access UNUSED, struct arena *arena UNUSED, const struct sign_in *asked UNUSED,
                           struct signed_in *ret UNUSED, struct err *err UNUSED) NEVER
        int access_sign_out(struct access *access UNUSED, const struct person *person UNUSED,
                            struct err *err UNUSED) NEVER
        int access_change_password(struct access *access UNUSED, struct arena *arena UNUSED,
                                   const struct person *person UNUSED, struct str old UNUSED, struct str fresh UNUSED,
                                   struct str peer UNUSED, struct err *err UNUSED) NEVER
        int access_invited(struct access *access UNUSED, struct arena *arena UNUSED, struct str code UNUSED,
                           struct account *ret UNUSED, struct err *err UNUSED) NEVER
        int access_accept(struct access *access UNUSED, struct arena *arena UNUSED, struct str code UNUSED,
                          const struct sign_in *asked UNUSED, struct signed_in *ret UNUSED,
                          struct err *err UNUSED) NEVER
        int access_first_account(struct access *access UNUSED, struct arena *arena UNUSED,
                                 const struct first_account *asked UNUSED, struct signed_in *ret UNUSED,
                                 struct err *err UNUSED) NEVER
