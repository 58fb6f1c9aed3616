#include "app.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/openapi.h"
#include "base/random.h"
#include "control/control.h"
#include "control/target.h"
#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "store/snapshot.h"

/* Jobs write, each to its own store, and hardly wait: more threads would take processors from requests.
 */
enum { JOB_THREADS_MAX = 2 };

struct app {
    struct app_options options;
    struct store *store;
    const char *snapshot;      /* where it belongs; NULL: nowhere */
    const char *snapshot_copy; /* where it is until app_settle; NULL: there is none to publish */
    bool is_restored;          /* the store, from a snapshot */
    struct orgs orgs;
    struct pool *job_pool;
    struct worker *worker;
    struct job_board jobs;
    struct job_runner runner;
    struct dispatch dispatch;
    struct deliverers deliverers; /* none, and no libcurl, when no rule calls a webhook */
    struct crm crm;
    struct api api;
    struct control control;
    struct http_server *http;
};

static void respond(void *context, const struct request *request, struct arena *arena,
                    struct response *response)
{
    struct app *app = context;
    if (request->refusal != REFUSAL_NONE || !control_respond(&app->control, request, arena, response))
        api_respond(&app->api, request, arena, response);
}

/* Fills a new store: by a copy of what the same fixtures made before, or by the fixtures, and keeps a
 * copy then. */
static bool fill_store(struct app *app, struct arena *arena, const char **reason)
{
    int64_t now = clock_milliseconds(&app->options.clock);
    const struct fixture_source source = {.folder = app->options.fixtures,
                                          .now = time_seconds(now),
                                          .milliseconds = now - time_seconds(now) * 1000};
    const char *digest = app->options.uses_cache ? fixtures_digest(&source, arena) : NULL;
    if (digest != NULL)
        app->snapshot = snapshot_path(app->options.cache, digest, arena);
    app->is_restored =
        !app->is_restored && app->snapshot != NULL && snapshot_restore(app->store, app->snapshot, now);
    if (app->is_restored)
        return true;
    if (!fixtures_load(app->store, &source, &fixture_rules, arena, reason))
        return false;
    if (app->snapshot != NULL)
        app->snapshot_copy = snapshot_copy(app->store, app->snapshot, arena);
    return true;
}

static bool load_orgs(struct app *app)
{
    struct db *db = store_acquire(app->store);
    bool loaded = db != NULL && orgs_load(db, ALL_ORGS, &app->orgs) == STORE_OK;
    if (db != NULL)
        store_release(db);
    return loaded;
}

/* A copy that turns out to be damaged goes, and the fixtures are loaded: it costs time only. */
static bool load_without_copy(struct app *app, struct arena *arena, const char **reason)
{
    if (!app->is_restored)
        return false;
    log_event(&app->options.log, LOG_WARNING, "copy of fixtures damaged file=\"%s\"", app->snapshot);
    orgs_clear(&app->orgs);
    snapshot_drop(app->store, app->snapshot);
    return fill_store(app, arena, reason) && load_orgs(app);
}

/* Fixtures fill a new store only: who gives a kept one others should know that they do nothing. */
static void warn_of_other_fixtures(const struct app *app)
{
    const struct fixture_source source = {.folder = app->options.fixtures};
    if (source.folder != NULL && fixtures_are_other(app->store, &source))
        log_event(&app->options.log, LOG_WARNING,
                  "fixtures ignored folder=\"%s\" reason=\"the store was filled from others\"",
                  source.folder);
}

/* A kept store may have been changed by somebody else. */
static bool obeys_rules(const struct app *app, struct arena *arena, const char **reason)
{
    for (size_t i = 0; i < app->orgs.count; i++)
        if (!fixture_rules_hold(&app->orgs.list[i], arena, reason)) {
            *reason = arena_printf(arena, "store %s: broken: %s", app_store_path(app), *reason);
            return false;
        }
    return true;
}

/* Opens the store; fills a new one, or removes it again. */
static bool open_store(struct app *app, struct arena *arena, const char **reason)
{
    const struct store_options options = {
        .path = app->options.db, .durability = app->options.durability, .log = &app->options.log};
    bool is_new = false;
    app->store = store_open(&options, arena, &is_new, reason);
    if (app->store == NULL)
        return false;
    if (is_new && !fill_store(app, arena, reason)) {
        store_discard(app->store);
        app->store = NULL;
        return false;
    }
    if (!is_new)
        warn_of_other_fixtures(app);
    *reason = "the store's metadata cannot be read (the log says why)";
    bool loaded = load_orgs(app) || load_without_copy(app, arena, reason);
    return loaded && (is_new || obeys_rules(app, arena, reason));
}

/* False when the user who is to consent to everything is none of the store's. */
static bool set_up_api(struct app *app, struct arena *arena, const char **reason)
{
    const char *email = app->options.auto_consent;
    app->api = (struct api){
        .crm = &app->crm, .token_ttl = app->options.token_ttl, .answers = app->options.answers};
    random_text(app->api.form_key, sizeof app->api.form_key);
    if (email == NULL)
        return true;
    app->api.auto_consent = orgs_user_of_email(&app->orgs, email);
    *reason = arena_printf(arena, "--auto-consent: no user of the store has the email \"%s\"", email);
    return app->api.auto_consent != NULL;
}

static bool start_parts(struct app *app, struct arena *arena, const char **reason)
{
    struct http_options http = app->options.http;
    http.log = &app->options.log;
    http.is_control = control_is_target;
    http.respond = respond;
    http.context = app;
    app->http = http_bind(&http, arena, reason);
    if (app->http == NULL || !open_store(app, arena, reason) || !set_up_api(app, arena, reason))
        return false;
    const struct deliverer deliverer = {
        .store = app->store, .log = &app->options.log, .options = app->options.webhooks};
    if (!deliverers_start(&app->deliverers, &app->orgs, &deliverer, &app->dispatch, arena, reason))
        return false;
    *reason = "the system gives no thread for jobs";
    app->job_pool = pool_new(JOB_THREADS_MAX);
    if (app->job_pool == NULL)
        return false;
    app->worker = worker_new(app->job_pool, job_runner_step, &app->runner);
    app->runner = (struct job_runner){.crm = &app->crm};
    app->crm = (struct crm){.store = app->store,
                            .orgs = &app->orgs,
                            .clock = &app->options.clock,
                            .log = &app->options.log,
                            .jobs = &app->jobs,
                            .worker = app->worker,
                            .deliverers = app->deliverers.workers,
                            .budget = app->options.budget,
                            .rule_name = catalogue_row_name};
    app->control = (struct control){
        .store = app->store, .openapi = openapi_document, .mutex = PTHREAD_MUTEX_INITIALIZER};
    worker_wake(app->worker); /* a store may come with unfinished work */
    return http_start(app->http, reason);
}

struct app *app_start(const struct app_options *options, struct arena *arena, const char **reason)
{
    struct app *app = must_alloc(sizeof *app);
    *app = (struct app){.options = *options, .dispatch = DISPATCH_NONE};
    job_board_init(&app->jobs, &options->jobs);
    if (start_parts(app, arena, reason)) {
        log_event(&app->options.log, LOG_INFO, "ready url=%s answers=%s store=\"%s\"", app_url(app),
                  answers_names[app->options.answers], app_store_path(app));
        return app;
    }
    app_stop(app);
    return NULL;
}

static void publish_snapshot(struct app *app)
{
    if (app->snapshot_copy != NULL)
        snapshot_publish(app->snapshot_copy, app->snapshot);
    app->snapshot_copy = NULL;
}

void app_settle(struct app *app)
{
    publish_snapshot(app);
}

bool app_adopt(struct app *app, int socket)
{
    return http_adopt(app->http, socket);
}

const char *app_url(const struct app *app)
{
    return http_url(app->http);
}

const char *app_store_path(const struct app *app)
{
    return store_path(app->store);
}

void app_stop(struct app *app)
{
    if (app == NULL)
        return;
    http_stop(app->http);
    worker_free(app->worker);
    pool_free(app->job_pool);
    job_runner_clear(&app->runner);
    job_board_clear(&app->jobs);
    deliverers_stop(&app->deliverers);
    dispatch_clear(&app->dispatch);
    orgs_clear(&app->orgs);
    control_clear(&app->control);
    publish_snapshot(app);
    store_close(app->store);
    free(app);
}
