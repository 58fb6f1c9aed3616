#include "arrival.h"

#include <stdlib.h>

#include "api/see.h"

struct arrival {
    struct sandbox *sandbox; /* it owns a share */
    struct limits_pass pass;
    bool is_beyond;
};

static void enter(struct arrival *arrival, const struct request *request, struct arena *arena)
{
    unsigned side;
    const struct scene *scene = sandbox_enter(arrival->sandbox, &side);
    const struct user *user = scene != NULL ? api_user(&scene->api, request, arena) : NULL;
    arrival->is_beyond =
        user != NULL && !limits_enter(sandbox_limits(arrival->sandbox), user->org, &arrival->pass);
    sandbox_leave(arrival->sandbox, side);
}

void *arrival_begin(struct sandbox *sandbox, const struct request *request, struct arena *arena)
{
    struct arrival *arrival = must_alloc(sizeof *arrival);
    *arrival = (struct arrival){.sandbox = sandbox};
    enter(arrival, request, arena);
    return arrival;
}

void arrival_end(void *ticket)
{
    struct arrival *arrival = ticket;
    limits_leave(sandbox_limits(arrival->sandbox), &arrival->pass);
    sandbox_free(arrival->sandbox);
    free(arrival);
}

const struct request *arrival_mark(const struct request *request, struct arena *arena)
{
    const struct arrival *arrival = request->ticket;
    if (arrival == NULL || !arrival->is_beyond)
        return request;
    struct request *marked = arena_alloc(arena, sizeof *marked);
    *marked = *request;
    marked->is_beyond = true;
    return marked;
}
