#include "app.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/openapi.h"
#include "arrival.h"
#include "base/random.h"
#include "base/service_host.h"
#include "base/word.h"
#include "control/control.h"
#include "control/target.h"
#include "crm/fixture_rules.h"
#include "options.h"
#include "proxy/proxy.h"
#include "sandbox/route.h"
#include "sandbox/sandboxes.h"
#include "visit.h"

/* Jobs write, each to its own store, and hardly wait: more threads would take processors from requests.
 */
enum { JOB_THREADS_MAX = 2 };

/* Seconds that a client of the proxy has to say what he wants. */
enum { PROXY_PATIENCE = 10 };

struct app {
    struct app_options options;
    struct store *store; /* until it is main's */
    struct filled filled;
    cJSON *faults; /* of main; NULL: none */
    struct pool *job_pool;
    struct dispatch dispatch;
    atomic_uint limiting; /* sandboxes that limit how many calls of an org there are at once */
    struct sandboxes *sandboxes;
    struct control control;
    struct proxy *proxy; /* NULL: there is none */
    struct http_server *http;
};

static struct route routed(struct app *app, const struct request *request, struct arena *arena)
{
    struct route route = {.request = request};
    if (app->options.control.is_on)
        route_find(app->sandboxes, request, arena, &route);
    else
        route.sandbox = sandbox_share(sandboxes_main(app->sandboxes));
    return route;
}

static void respond(void *context, const struct request *request, struct arena *arena,
                    struct response *response)
{
    struct app *app = context;
    const struct route route = routed(app, request, arena);
    if (!control_admits(&app->control, route.request, arena, response)) {
        sandbox_free(route.sandbox);
        return;
    }
    if (route.sandbox == NULL) {
        control_answer(arena, response, route.status, route.error, NULL);
        return;
    }
    if (route.sandbox != sandboxes_main(app->sandboxes)) /* which lives as long as the process */
        sandbox_touch(route.sandbox);
    if (!control_respond(&app->control, route.request, route.sandbox, arena, response))
        visit_respond(&app->control, route.sandbox, arrival_mark(route.request, arena), arena,
                      response);
    sandbox_free(route.sandbox);
}

/* Which sandbox a call of the service is for is told by its head, but for OAuth's, which do not count.
 */
static void *arrive(void *context, const struct request *request, struct arena *arena)
{
    static const char room[] = "/crm/", prefix[] = "/_s/";
    if (strncmp(request->path, room, sizeof room - 1) != 0 &&
        strncmp(request->path, prefix, sizeof prefix - 1) != 0)
        return NULL;
    const struct route route = routed(context, request, arena);
    if (route.sandbox != NULL && strncmp(route.request->path, room, sizeof room - 1) == 0)
        return arrival_begin(route.sandbox, route.request, arena);
    sandbox_free(route.sandbox);
    return NULL;
}

static bool awaits_arrivals(void *context)
{
    const struct app *app = context;
    return atomic_load_explicit(&app->limiting, memory_order_relaxed) > 0;
}

static void depart(void *context, void *ticket)
{
    (void)context;
    arrival_end(ticket);
}

static cJSON *tell_options(const void *app_options)
{
    return options_told(app_options);
}

static struct filling filling_of(const struct app *app)
{
    const struct app_options *options = &app->options;
    return (struct filling){.folder = options->fixtures,
                            .cache = options->cache,
                            .uses_cache = options->uses_cache,
                            .log = &options->log};
}

/* Fixtures fill a new store only: who gives a kept one others should know that they do nothing. */
static void warn_of_other_fixtures(const struct app *app)
{
    const struct filling filling = filling_of(app);
    if (filling.folder != NULL && filling_is_other(&filling, app->store))
        log_event(&app->options.log, LOG_WARNING,
                  "fixtures ignored folder=\"%s\" reason=\"the store was filled from others\"",
                  filling.folder);
}

/* A kept store may have been changed by somebody else. */
static bool obeys_rules(const struct app *app, const struct orgs *orgs, struct arena *arena,
                        const char **reason)
{
    for (size_t i = 0; i < orgs->count; i++)
        if (!fixture_rules_hold(&orgs->list[i], arena, reason)) {
            *reason = arena_printf(arena, "store %s: broken: %s", store_path(app->store), *reason);
            return false;
        }
    return true;
}

/* The first fault ends a start: who mends it should know what waits behind it. */
static bool fill(struct app *app, struct arena *arena, const char **reason)
{
    const struct filling filling = filling_of(app);
    const struct clock *clock = &app->options.clock;
    if (filling_fill(&filling, app->store, clock, arena, &app->filled, reason))
        return true;
    const char *others = filling_other_faults(&filling, clock, arena);
    if (others != NULL)
        *reason = arena_printf(arena, "%s\n%s", *reason, others);
    return false;
}

/* A new store is filled, or removed again; one that was kept is read. */
static bool fill_or_read(struct app *app, bool is_new, struct arena *arena, const char **reason)
{
    if (is_new)
        return fill(app, arena, reason);
    warn_of_other_fixtures(app);
    *reason = "the store's metadata cannot be read (the log says why)";
    app->filled.metadata = metadata_load(app->store);
    return app->filled.metadata != NULL && obeys_rules(app, &app->filled.metadata->orgs, arena, reason);
}

static bool open_store(struct app *app, bool *is_new, struct arena *arena, const char **reason)
{
    const struct store_options options = {
        .path = app->options.db, .durability = app->options.durability, .log = &app->options.log};
    app->store = store_open(&options, arena, is_new, reason);
    if (app->store == NULL)
        return false;
    if (fill_or_read(app, *is_new, arena, reason))
        return true;
    metadata_free(app->filled.metadata);
    if (*is_new)
        store_discard(app->store);
    else
        store_close(app->store);
    app->store = NULL;
    return false;
}

static struct household household_of(struct app *app)
{
    const struct app_options *options = &app->options;
    struct household household = {.log = &options->log,
                                  .budget = options->budget,
                                  .webhooks = options->webhooks,
                                  .token_ttl = options->token_ttl,
                                  .journal = options->control.is_on ? options->journal : 0,
                                  .auto_consent = options->auto_consent,
                                  .pool = app->job_pool,
                                  .limiting = &app->limiting,
                                  .dispatch = &app->dispatch};
    random_text(household.form_key, sizeof household.form_key);
    return household;
}

/* Before there is anything that a faulty file would leave behind. */
static bool load_faults(struct app *app, struct arena *arena, const char **reason)
{
    const char *path = app->options.faults;
    app->faults = path != NULL ? faults_load(path, api_knows_rule, arena, reason) : NULL;
    return path == NULL || app->faults != NULL;
}

static bool begin_faults(struct app *app, struct arena *arena, const char **reason)
{
    struct match_fault fault = {.expected = NULL};
    struct faults *faults = sandbox_faults(sandboxes_main(app->sandboxes));
    bool begun =
        app->faults == NULL || faults_begin(faults, app->faults, "$", api_knows_rule, arena, &fault);
    *reason = fault.expected;
    return begun;
}

static bool open_sandboxes(struct app *app, struct arena *arena, const char **reason)
{
    bool is_new;
    if (!open_store(app, &is_new, arena, reason))
        return false;
    const struct app_options *options = &app->options;
    const struct sandboxes_options wanted = {
        .household = household_of(app),
        .filling = filling_of(app),
        .manner = {.clock = options->clock, .jobs = options->jobs, .answers = options->answers},
        .limits = limits_of_preset(options->limits),
        .most = options->max_sandboxes,
        .records_max = options->max_records,
        .note_drop = control_note_drop,
        .note_context = &app->control};
    app->sandboxes = sandboxes_new(&wanted, app->store, is_new, app->filled.metadata, arena, reason);
    return app->sandboxes != NULL && begin_faults(app, arena, reason);
}

static bool has_proxy(const struct app *app)
{
    return app->options.proxy_port.is_asked;
}

/* As it was sent. */
struct host {
    const char *text;
    size_t length;
};

static bool is_name(const char *text, size_t length, const void *with)
{
    const struct host *host = with;
    return host->length == length && strncasecmp(text, host->text, length) == 0;
}

/* The service's hosts, and further names of the certificate. */
static bool serves(void *context, const char *text, size_t length)
{
    const struct app *app = context;
    const struct host host = {text, length};
    return service_host_is(text, length) || word_any(app->options.tls_names, is_name, &host);
}

static bool adopt(void *context, int socket, enum proxy_way way)
{
    const struct app *app = context;
    return http_adopt(app->http, socket, way == PROXY_TUNNEL);
}

static bool bind_proxy(struct app *app, struct arena *arena, const char **reason)
{
    const struct http_options *http = &app->options.http;
    const struct proxy_options options = {.listen = http->listen,
                                          .port = app->options.proxy_port.number,
                                          .most = http->max_connections,
                                          .head_seconds = PROXY_PATIENCE,
                                          .serves = serves,
                                          .adopt = adopt,
                                          .context = app,
                                          .log = &app->options.log};
    app->proxy = has_proxy(app) ? proxy_bind(&options, arena, reason) : NULL;
    return !has_proxy(app) || app->proxy != NULL;
}

/* What a certificate is told, and nobody will see. */
static void warn_of_no_tls(const struct app *app)
{
    const char *options[] = {app->options.identity.certificate != NULL ? "--tls-cert" : NULL,
                             app->options.tls_names[0] != NULL ? "--tls-name" : NULL};
    for (size_t i = 0; i < COUNT(options); i++)
        if (options[i] != NULL)
            log_event(&app->options.log, LOG_WARNING,
                      "option ignored name=%s reason=\"neither --tls-port nor --proxy-port is given\"",
                      options[i]);
}

/* A proxy's tunnels end in TLS, whether somebody else may come by it or not. */
static bool load_identity(struct app *app, struct http_tls *tls, struct arena *arena,
                          const char **reason)
{
    struct identity identity;
    if (!tls->port.is_asked && !has_proxy(app)) {
        warn_of_no_tls(app);
        return true;
    }
    app->options.identity.names = app->options.tls_names;
    app->options.identity.now = app->control.options.started;
    if (!identity_load(&app->options.identity, arena, &identity, reason))
        return false;
    const struct log *log = &app->options.log;
    if (identity.made_in != NULL)
        log_event(log, LOG_INFO, "tls authority made folder=\"%s\"", identity.made_in);
    if (has_proxy(app) && !identity.is_for_service)
        log_event(log, LOG_WARNING,
                  "proxy certificate=\"%s\" reason=\"it lacks names of the service's hosts\"",
                  app->options.identity.certificate);
    app->control.authority = identity.authority;
    tls->certificate = identity.certificate;
    tls->key = identity.key;
    return true;
}

static bool bind_addresses(struct app *app, struct http_options *http, struct arena *arena,
                           const char **reason)
{
    if (!load_identity(app, &http->tls, arena, reason) || !bind_proxy(app, arena, reason))
        return false;
    if (has_proxy(app)) {
        http->proxy_port = (unsigned)strtoul(strrchr(proxy_url(app->proxy), ':') + 1, NULL, 10);
        http->adopts = true;
    }
    http->serves = serves;
    app->http = http_bind(http, arena, reason);
    return app->http != NULL;
}

static bool start_parts(struct app *app, struct arena *arena, const char **reason)
{
    struct http_options http = app->options.http;
    http.log = &app->options.log;
    http.is_control = app->options.control.is_on ? control_is_target : NULL;
    http.respond = respond;
    http.awaits_arrivals = awaits_arrivals;
    http.arrive = arrive;
    http.depart = depart;
    http.context = app;
    if (!bind_addresses(app, &http, arena, reason))
        return false;
    app->control.urls[0] = app_url(app);
    app->control.urls[1] = app_tls_url(app);
    app->control.proxy_url = app_proxy_url(app);
    app->job_pool = pool_new(JOB_THREADS_MAX);
    *reason = "the system gives no thread for jobs";
    if (app->job_pool == NULL || !load_faults(app, arena, reason) ||
        !open_sandboxes(app, arena, reason))
        return false;
    app->control.sandboxes = app->sandboxes;
    return true;
}

/* Whoever reaches the address steers crmock. */
static void warn_of_open_control(const struct app *app)
{
    static const char *const loopback[] = {"http://127.", "http://[::1]", "http://[::ffff:127."};
    const struct control_options *control = &app->options.control;
    bool is_open = control->is_on && control->token == NULL;
    for (size_t i = 0; i < COUNT(loopback); i++)
        is_open = is_open && strncmp(app_url(app), loopback[i], strlen(loopback[i])) != 0;
    if (is_open)
        log_event(&app->options.log, LOG_WARNING,
                  "control open url=%s reason=\"not loopback alone, and no --control-token\"",
                  app_url(app));
}

struct app *app_start(const struct app_options *options, struct arena *arena, const char **reason)
{
    struct app *app = must_alloc(sizeof *app);
    *app = (struct app){.options = *options,
                        .dispatch = DISPATCH_NONE,
                        .control = {.options = options->control,
                                    .options_told = tell_options,
                                    .app_options = &app->options,
                                    .openapi = openapi_document,
                                    .mutex = PTHREAD_MUTEX_INITIALIZER}};
    app->control.streams_max = options->http.max_connections / 4;
    app->control.options.started = time_seconds(clock_machine_milliseconds());
    bool has_parts = start_parts(app, arena, reason);
    /* Read before anybody is answered, who may have another store put in the place of this one. */
    const char *tls_url = has_parts ? app_tls_url(app) : NULL;
    const char *path = has_parts ? arena_strdup(arena, store_path(app->store)) : NULL;
    if (has_parts && http_start(app->http, reason) &&
        (app->proxy == NULL || proxy_start(app->proxy, reason))) {
        warn_of_open_control(app);
        log_event(&app->options.log, LOG_INFO, "ready url=%s%s%s%s%s answers=%s store=\"%s\"",
                  app_url(app), tls_url != NULL ? " tls=" : "", tls_url != NULL ? tls_url : "",
                  app->proxy != NULL ? " proxy=" : "", app->proxy != NULL ? app_proxy_url(app) : "",
                  answers_names[app->options.answers], path);
        return app;
    }
    app_stop(app);
    return NULL;
}

void app_settle(struct app *app)
{
    filling_publish(&app->filled);
}

bool app_adopt(struct app *app, int socket)
{
    return http_adopt(app->http, socket, false);
}

const char *app_url(const struct app *app)
{
    return http_url(app->http);
}

const char *app_tls_url(const struct app *app)
{
    return http_tls_url(app->http);
}

const char *app_proxy_url(const struct app *app)
{
    return app->proxy != NULL ? proxy_url(app->proxy) : NULL;
}

void app_stop(struct app *app)
{
    if (app == NULL)
        return;
    control_close(&app->control);
    proxy_stop(app->proxy); /* which hands over no more */
    http_stop(app->http);
    proxy_free(app->proxy); /* until now, requests may tell its URL */
    filling_publish(&app->filled);
    sandboxes_free(app->sandboxes);
    pool_free(app->job_pool);
    dispatch_clear(&app->dispatch);
    control_clear(&app->control);
    cJSON_Delete(app->faults);
    free(app);
}
