/* A folder of certificates for a test, and what the test expects of them. */
#ifndef CRMOCK_TLS_RIG_H
#define CRMOCK_TLS_RIG_H

#include <sys/stat.h>

#include "tls/identity.h"
#include "tls/pair.h"
#include "unit.h"

/* Of the first load: 2026-09-21. The files that a folder may have, and of them, from the first, those
 * that are to stay. */
enum { TLS_START = 1790000000, TLS_FILES = 8, TLS_LASTING_FILES = 4 };
extern const char *const tls_files[TLS_FILES];

extern struct tls_rig {
    struct arena arena;
    const char *top;                 /* a folder that is there */
    struct identity_options options; /* with a folder in one in it, which is to be made */
} tls;
void tls_open(void);
void tls_close(void);

/* By the rig's options. */
struct identity tls_load(void);
/* The same with one more text of names. */
struct identity tls_load_with(const char *names);
/* Fails, for a reason in which that text is. */
void tls_refuse(const char *text);

/* Of a file in the folder: its path, what is in it (NULL: there is none), the same set, and it removed.
 */
const char *tls_path(const char *name);
/* NULL, too, for what is no regular file. */
const char *tls_text(const char *name);
void tls_set_text(const char *name, const char *text);
void tls_take_away(const char *name);
mode_t tls_mode(const char *path);

/* To be cleared. */
struct pair tls_pair(const struct identity *identity);
/* What GnuTLS says of the certificate for a server of that name or address; 0 when it trusts it. */
unsigned tls_verify(const struct identity *identity, const char *host);
/* Key and certificate belong together, and GnuTLS trusts them. */
void tls_assert_sound(const struct identity *identity);
void tls_assert_same(const struct identity *one, const struct identity *other);
/* Nothing that is written on the way has stayed. */
void tls_assert_clean(void);

/* Runs in a process of its own; true when it came to its end. */
bool tls_in_child(void (*run)(void));

#endif
