#include "webhook/deliverers.h"

#include <stdlib.h>
#include <string.h>

static void add_url(struct deliverers *deliverers, const struct deliverer *like, const char *url)
{
    for (size_t i = 0; i < deliverers->count; i++)
        if (strcmp(deliverers->list[i].url, url) == 0)
            return;
    size_t size = (deliverers->count + 1) * sizeof *deliverers->list;
    deliverers->list = must_realloc(deliverers->list, size);
    struct deliverer *added = &deliverers->list[deliverers->count++];
    *added = *like;
    added->url = url;
}

static void add_urls_of(struct deliverers *deliverers, const struct deliverer *like,
                        const struct org *org)
{
    for (size_t i = 0; i < org->automation_rule_count; i++) {
        const struct automation_rule *rule = &org->automation_rules[i];
        for (size_t k = 0; k < rule->action_count; k++)
            if (rule->actions[k].url != NULL)
                add_url(deliverers, like, rule->actions[k].url);
    }
}

static void start_workers(struct deliverers *deliverers, const struct dispatch *dispatch)
{
    deliverers->workers = must_alloc((deliverers->count + 1) * sizeof(struct worker *));
    for (size_t i = 0; i < deliverers->count; i++) {
        struct deliverer *deliverer = &deliverers->list[i];
        deliverer->client = dispatch->client;
        deliverer->worker = worker_new(dispatch->pool, deliverer_step, deliverer);
        deliverers->workers[i] = deliverer->worker;
    }
    deliverers->workers[deliverers->count] = NULL;
    workers_wake(deliverers->workers); /* a store may come with calls that were not answered */
}

bool deliverers_start(struct deliverers *deliverers, const struct orgs *orgs,
                      const struct deliverer *like, struct dispatch *dispatch, struct arena *arena,
                      const char **reason)
{
    *deliverers = (struct deliverers){.count = 0};
    for (size_t i = 0; i < orgs->count; i++)
        add_urls_of(deliverers, like, &orgs->list[i]);
    if (deliverers->count == 0)
        return true;
    if (!dispatch_ready(dispatch, arena, reason))
        return false;
    start_workers(deliverers, dispatch);
    return true;
}

void deliverers_stop(struct deliverers *deliverers)
{
    struct worker **workers = deliverers->workers;
    for (size_t i = 0; workers != NULL && i < deliverers->count; i++)
        worker_stop(workers[i]); /* all first: each may take a second to see it */
    for (size_t i = 0; workers != NULL && i < deliverers->count; i++)
        worker_free(workers[i]);
    free(workers);
    free(deliverers->list);
    *deliverers = (struct deliverers){.count = 0};
}
