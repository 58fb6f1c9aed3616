/* What is seen of a sandbox: its store, metadata, clock and how its jobs go, as they are at one moment.
 * A scene never changes: whoever changes something puts another in its place, and what has begun keeps
 * the one that it began with. */
#ifndef CRMOCK_SANDBOX_SCENE_H
#define CRMOCK_SANDBOX_SCENE_H

#include <stdatomic.h>

#include "api/api.h"
#include "crm/crm.h"
#include "crm/job.h"
#include "webhook/deliverers.h"

/* What all sandboxes of a process have in common. Lives as long as they all. */
struct household {
    const struct log *log;
    struct store_budget budget;
    struct webhook_options webhooks;
    int64_t token_ttl;        /* milliseconds */
    size_t journal;           /* requests that a journal keeps */
    const char *auto_consent; /* email of the user as whom logins go on; NULL: they ask */
    char form_key[FORM_KEY_SIZE];
    struct pool *pool;     /* for jobs */
    atomic_uint *limiting; /* counts those that limit how many calls of an org there are at once */
    struct dispatch *dispatch;
};

/* The metadata of all orgs of a store, shared by the scenes, and sandboxes, that have the same. */
struct metadata {
    atomic_uint owners;
    struct orgs orgs;
};

/* Reads a store's; NULL after a logged error. Owned by the caller, one of its owners. */
MUSTCHECK struct metadata *metadata_load(struct store *store);
struct metadata *metadata_share(struct metadata *metadata);
/* NULL is allowed. */
void metadata_free(struct metadata *metadata);

struct sandbox;

/* A store, and what works on it in the background. Shared by the scenes that have the same store. */
struct works {
    atomic_uint owners;
    struct sandbox *sandbox;
    struct store *store;
    struct job_runner runner;
    struct worker *worker;
    struct deliverers deliverers; /* none, and no libcurl, when no rule calls a webhook */
};

/* How a sandbox is to be, beside what is in its store. */
struct manner {
    struct clock clock;
    struct job_policy jobs;
    enum answers answers;
};

struct scene {
    struct works *works;
    struct metadata *metadata;
    struct manner manner;
    struct crm crm;
    struct api api;
};

/* A scene of its own of that store (which it then owns, as it does `metadata`, whatever comes of it).
 * Nothing works on it yet. NULL with a reason (arena-owned). */
MUSTCHECK struct scene *scene_new(struct sandbox *sandbox, struct store *store,
                                  struct metadata *metadata, const struct manner *manner,
                                  struct arena *arena, const char **reason);
/* The same store, seen another way; with other metadata of it (owned by the scene then) or its own
 * (NULL). NULL with a reason (arena-owned). */
MUSTCHECK struct scene *scene_other(const struct scene *scene, struct metadata *metadata,
                                    const struct manner *manner, struct arena *arena,
                                    const char **reason);
/* True when it has a job that has not ended. */
MUSTCHECK bool scene_has_work(const struct scene *scene);
/* Lets its jobs and webhooks go on: a store may come with unfinished ones. */
void scene_start(const struct scene *scene);
/* The last scene of a store waits for the steps that are under way, and closes it. NULL is allowed. */
void scene_free(struct scene *scene);

#endif
