#include "webhook/dispatch.h"

static bool make(struct dispatch *dispatch, struct arena *arena, const char **reason)
{
    if (dispatch->client == NULL)
        dispatch->client = client_new(arena, reason);
    if (dispatch->client == NULL) {
        *reason = arena_printf(arena, "webhooks need %s", *reason);
        return false;
    }
    *reason = "the system gives no thread for webhooks";
    if (dispatch->pool == NULL)
        dispatch->pool = pool_new(DISPATCH_THREADS_MAX);
    return dispatch->pool != NULL;
}

bool dispatch_ready(struct dispatch *dispatch, struct arena *arena, const char **reason)
{
    (void)pthread_mutex_lock(&dispatch->mutex);
    bool is_ready = make(dispatch, arena, reason);
    (void)pthread_mutex_unlock(&dispatch->mutex);
    return is_ready;
}

void dispatch_clear(struct dispatch *dispatch)
{
    pool_free(dispatch->pool); /* first: its threads run libcurl's code */
    client_free(dispatch->client);
    (void)pthread_mutex_destroy(&dispatch->mutex);
}
