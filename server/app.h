/* One crmock: its store, rules, background work and server. Nothing of it is global, so several can
 * live in one process. */
#ifndef CRMOCK_APP_H
#define CRMOCK_APP_H

#include "api/catalogue.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/control.h"
#include "crm/job.h"
#include "crm/limits.h"
#include "http/server.h"
#include "tls/identity.h"
#include "webhook/deliverers.h"

struct app_options {
    struct log log;
    struct clock clock;
    const char *db;       /* path of the store; NULL: in memory */
    const char *fixtures; /* folder; NULL: those in the binary */
    const char *faults;   /* file of those that main begins with; NULL: it has none */
    enum store_durability durability;
    const char *cache; /* folder of snapshots; NULL: the user's */
    bool uses_cache;
    bool exit_with_stdin; /* main's affair, as is the log's sink */
    struct job_policy jobs;
    struct webhook_options webhooks;
    int64_t token_ttl;          /* milliseconds that an access token lives */
    enum answers answers;       /* of v8 */
    const char *auto_consent;   /* email of the user as whom logins in the browser go on; NULL: ask */
    struct store_budget budget; /* of a request's queries */
    enum limits_preset limits;  /* of the service */
    struct control_options control;
    unsigned max_sandboxes;                    /* beside main */
    unsigned max_records;                      /* that fixtures generate in a sandbox */
    unsigned journal;                          /* requests that a sandbox's journal keeps */
    struct identity_options identity;          /* its names and time are the app's own affair */
    const char *tls_names[HTTP_TEXTS_MAX + 1]; /* as struct identity_options has them */
    struct http_port proxy_port;               /* without it there is no proxy */
    struct http_options http; /* log, respond, context, the certificate and the proxy's part are the
                               * app's own affair */
};

struct app;

/* Opens the store, loads fixtures into a new one, starts the background work and the server. When it
 * returns, requests are answered. NULL with a reason (arena-owned) for the person who started it, which
 * for faulty fixtures has a second line: how many more faults there are.
 * *options is copied; the texts in it, and the arena, must outlive the app. */
MUSTCHECK struct app *app_start(const struct app_options *options, struct arena *arena,
                                const char **reason);
/* Does what could wait until requests are answered. What must be done, app_stop does when nobody has.
 */
void app_settle(struct app *app);
/* Serves a connected socket, where options.http.adopts; the app owns it then, closed when it says
 * false. */
MUSTCHECK bool app_adopt(struct app *app, int socket);
/* The base URL; that for TLS, and the proxy's, NULL where there is none. Borrowed. */
const char *app_url(const struct app *app);
const char *app_tls_url(const struct app *app);
const char *app_proxy_url(const struct app *app);
/* Answers what has begun, ends the jobs after their transaction, closes the store. */
void app_stop(struct app *app);

#endif
