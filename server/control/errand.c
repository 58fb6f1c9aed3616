#include "control/errand.h"

#include <stdlib.h>

#include "jobs/bell.h"

enum { ERRAND_THREADS_MAX = 8, LOOK_FOR_CLIENT = 250 /* milliseconds */ };

struct errand {
    struct control_call call;
    struct response response;
    control_fn *run;
    struct worker *worker;
    unsigned resets; /* of the sandbox, when it began */
};

static int64_t end(struct errand *errand)
{
    struct control_call *call = &errand->call;
    cJSON_Delete(call->body);
    if (call->bell != NULL)
        bell_remove(call->bell, errand->worker);
    struct sandbox *sandbox = call->sandbox;
    const struct request *request = call->request;
    struct response response = errand->response;
    free(errand);
    sandbox_free(sandbox);
    request->answer(request, &response);
    return WORKER_ENDED;
}

static int64_t step(void *context)
{
    struct errand *errand = context;
    struct control_call *call = &errand->call;
    call->hurries = worker_is_stopping(errand->worker) || call->request->is_gone(call->request) ||
                    sandbox_resets(call->sandbox) != errand->resets;
    sandbox_touch(call->sandbox); /* one that is waited for is in use */
    int64_t pause = errand->run(call);
    if (pause == CONTROL_DONE)
        return end(errand);
    return pause < LOOK_FOR_CLIENT ? pause : LOOK_FOR_CLIENT;
}

struct worker *control_worker(struct control *control, worker_step *step_of_it, void *context)
{
    struct worker *worker = NULL;
    (void)pthread_mutex_lock(&control->mutex);
    if (!control->is_closing && control->pool == NULL)
        control->pool = pool_new(ERRAND_THREADS_MAX);
    if (!control->is_closing && control->pool != NULL)
        worker = worker_new(control->pool, step_of_it, context);
    (void)pthread_mutex_unlock(&control->mutex);
    return worker;
}

bool errand_begin(const struct control_call *call, control_fn *run)
{
    struct errand *errand = must_alloc(sizeof *errand);
    *errand =
        (struct errand){.call = *call,
                        .run = run,
                        .resets = sandbox_resets(call->sandbox),
                        .response = {.status = 500, .body = "", .headers = call->response->headers}};
    errand->call.response = &errand->response;
    errand->worker = control_worker(call->control, step, errand);
    errand->call.worker = errand->worker;
    if (errand->worker != NULL && call->request->suspend(call->request)) {
        (void)sandbox_share(call->sandbox);
        worker_wake(errand->worker);
        return true;
    }
    worker_free(errand->worker);
    free(errand);
    return false;
}

void errand_wake_by(struct control_call *call, struct bell *bell)
{
    if (call->bell != NULL)
        return;
    call->bell = bell;
    bell_add(bell, call->worker);
}

int64_t errand_wait_left(struct control_call *call, int64_t seconds, struct bell *bell)
{
    int64_t left = seconds * 1000 - (clock_microseconds() - call->begun) / 1000;
    if (call->is_refused || call->hurries || left <= 0)
        return 0;
    errand_wake_by(call, bell);
    return left;
}

int64_t errand_query_wait_left(struct control_call *call, struct bell *bell)
{
    return errand_wait_left(call, query_number(call, "wait", 0, 0, WAIT_MAX), bell);
}
