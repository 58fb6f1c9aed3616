#include "webhook/deliverers.h"

#include <string.h>

/* URLs that have no deliverer yet, each once. */
struct urls {
    const char **list;
    size_t count;
};

static bool has_deliverer(const struct deliverers *deliverers, const char *url)
{
    for (size_t i = 0; i < deliverers->count; i++)
        if (strcmp(deliverers->list[i]->url, url) == 0)
            return true;
    return false;
}

static void add_url(struct urls *urls, const char *url)
{
    for (size_t i = 0; i < urls->count; i++)
        if (strcmp(urls->list[i], url) == 0)
            return;
    urls->list[urls->count++] = url;
}

static size_t count_actions(const struct org *org)
{
    size_t count = 0;
    for (size_t i = 0; i < org->automation_rule_count; i++)
        count += org->automation_rules[i].action_count;
    return count;
}

static struct urls new_urls_of(const struct deliverers *deliverers, const struct org *org,
                               struct arena *arena)
{
    struct urls urls = {.count = 0};
    if (count_actions(org) == 0)
        return urls;
    urls.list = arena_array(arena, count_actions(org), sizeof *urls.list);
    for (size_t i = 0; i < org->automation_rule_count; i++) {
        const struct automation_rule *rule = &org->automation_rules[i];
        for (size_t k = 0; k < rule->action_count; k++)
            if (rule->actions[k].url != NULL && !has_deliverer(deliverers, rule->actions[k].url))
                add_url(&urls, rule->actions[k].url);
    }
    return urls;
}

/* In lists of their own, behind those that are there. */
static void start(struct deliverers *deliverers, const struct urls *urls, const struct deliverer *like,
                  const struct dispatch *dispatch)
{
    size_t before = deliverers->count, count = before + urls->count;
    struct arena *arena = &deliverers->arena;
    struct deliverer **list = arena_array(arena, count, sizeof(struct deliverer *));
    struct worker **workers = arena_array(arena, count + 1, sizeof(struct worker *));
    for (size_t i = 0; i < before; i++) {
        list[i] = deliverers->list[i];
        workers[i] = deliverers->workers[i];
    }
    for (size_t i = before; i < count; i++) {
        struct deliverer *added = list[i] = arena_alloc(arena, sizeof *added);
        *added = *like;
        added->url = arena_strdup(arena, urls->list[i - before]);
        added->client = dispatch->client;
        workers[i] = added->worker = worker_new(dispatch->pool, deliverer_step, added);
    }
    deliverers->list = list;
    deliverers->workers = workers;
    deliverers->count = count;
    workers_wake(workers); /* a store may come with calls that were not answered */
}

bool deliverers_start(struct deliverers *deliverers, const struct orgs *orgs,
                      const struct deliverer *like, struct dispatch *dispatch, struct arena *arena,
                      const char **reason)
{
    for (size_t i = 0; i < orgs->count; i++) {
        const struct urls urls = new_urls_of(deliverers, &orgs->list[i], arena);
        if (urls.count == 0)
            continue;
        if (!dispatch_ready(dispatch, arena, reason))
            return false;
        start(deliverers, &urls, like, dispatch);
    }
    return true;
}

void deliverers_stop(struct deliverers *deliverers)
{
    for (size_t i = 0; i < deliverers->count; i++)
        worker_stop(deliverers->workers[i]); /* all first: each may take a second to see it */
    for (size_t i = 0; i < deliverers->count; i++)
        worker_free(deliverers->workers[i]);
    arena_clear(&deliverers->arena);
    *deliverers = (struct deliverers){.count = 0};
}
