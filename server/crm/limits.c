#include "crm/limits.h"

#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "base/arena.h"
#include "base/rolling.h"

const char *const limits_preset_names[] = {"off", "service", NULL};

/* As the service publishes them. Credits are those that an edition has without regard to its users and
 * to what is bought beside them. An edition of another name, for fixtures may call it what they like,
 * has the limits of the first. */
static const struct edition {
    const char *name;
    int64_t credits, concurrency;
} editions[] = {
    {"enterprise", 50000, 20},   {"free", 5000, 5},       {"standard", 50000, 10},
    {"professional", 50000, 15}, {"ultimate", 50000, 25},
};

/* What is on: bits that are looked at before anything else is. */
enum { CREDITS = 1, CONCURRENCY = 2, TOKENS = 4, LATENCY = 8 };

/* What has been counted of an org. */
struct account {
    int64_t org_id; /* the key */
    struct rolling credits;
    int64_t under_way;
};

/* What a refresh token has given. */
struct issuer {
    char *refresh_token; /* the key */
    struct rolling given;
};

/* Issuers that are kept before those are looked for that count no more. */
enum { ISSUERS = 256 };

struct limits {
    atomic_uint on;
    atomic_uint *limiting; /* NULL: nobody counts */
    pthread_mutex_t mutex; /* guards what follows */
    struct limits_policy policy, first;
    GHashTable *accounts, *issuers;
    guint issuers_most;
    GRand *random; /* NULL: nothing was by chance yet */
};

struct limits_policy limits_of_preset(enum limits_preset preset)
{
    static const struct limits_policy presets[] = {
        [LIMITS_OFF] = {.tokens = 0},
        [LIMITS_SERVICE] = {.credits = {.kind = LIMIT_BY_EDITION},
                            .concurrency = {.kind = LIMIT_BY_EDITION},
                            .tokens = LIMITS_TOKENS,
                            .token_seconds = LIMITS_TOKEN_SECONDS},
    };
    return presets[preset];
}

static const struct edition *edition_of(const struct org *org)
{
    for (size_t i = 0; i < COUNT(editions); i++)
        if (strcasecmp(editions[i].name, org->edition) == 0)
            return &editions[i];
    return &editions[0];
}

static int64_t number_of(const struct limit *limit, int64_t by_edition)
{
    return limit->kind == LIMIT_BY_EDITION ? by_edition : limit->number;
}

static bool is_on(const struct limits *limits, unsigned which)
{
    return limits != NULL && (atomic_load_explicit(&limits->on, memory_order_relaxed) & which) != 0;
}

static unsigned parts_on(const struct limits_policy *policy)
{
    return (policy->credits.kind != LIMIT_NONE ? CREDITS : 0U) |
           (policy->concurrency.kind != LIMIT_NONE ? CONCURRENCY : 0U) |
           (policy->tokens > 0 ? TOKENS : 0U) | (policy->latency != LATENCY_NONE ? LATENCY : 0U);
}

static void free_account(gpointer account)
{
    rolling_clear(&((struct account *)account)->credits);
    g_free(account);
}

static void free_issuer(gpointer issuer)
{
    rolling_clear(&((struct issuer *)issuer)->given);
    g_free(((struct issuer *)issuer)->refresh_token);
    g_free(issuer);
}

static void switch_on(struct limits *limits, unsigned parts)
{
    unsigned before = atomic_exchange(&limits->on, parts);
    bool has_begun = (parts & CONCURRENCY) != 0 && (before & CONCURRENCY) == 0;
    bool has_ended = (parts & CONCURRENCY) == 0 && (before & CONCURRENCY) != 0;
    if (limits->limiting != NULL && has_begun)
        (void)atomic_fetch_add(limits->limiting, 1);
    if (limits->limiting != NULL && has_ended)
        (void)atomic_fetch_sub(limits->limiting, 1);
}

struct limits *limits_new(const struct limits_policy *policy, atomic_uint *limiting)
{
    struct limits *limits = must_alloc(sizeof *limits);
    *limits = (struct limits){
        .limiting = limiting,
        .policy = *policy,
        .first = *policy,
        .accounts = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_account),
        .issuers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_issuer),
        .issuers_most = ISSUERS};
    switch_on(limits, parts_on(policy));
    (void)pthread_mutex_init(&limits->mutex, NULL);
    return limits;
}

void limits_free(struct limits *limits)
{
    if (limits == NULL)
        return;
    switch_on(limits, 0);
    g_hash_table_destroy(limits->accounts);
    g_hash_table_destroy(limits->issuers);
    if (limits->random != NULL)
        g_rand_free(limits->random);
    (void)pthread_mutex_destroy(&limits->mutex);
    free(limits);
}

struct limits_policy limits_tell(struct limits *limits)
{
    (void)pthread_mutex_lock(&limits->mutex);
    struct limits_policy policy = limits->policy;
    (void)pthread_mutex_unlock(&limits->mutex);
    return policy;
}

static void forget_credits(struct limits *limits)
{
    GHashTableIter each;
    gpointer account;
    g_hash_table_iter_init(&each, limits->accounts);
    while (g_hash_table_iter_next(&each, NULL, &account))
        rolling_clear(&((struct account *)account)->credits);
}

static void forget_tokens(struct limits *limits)
{
    g_hash_table_remove_all(limits->issuers);
    limits->issuers_most = ISSUERS;
}

/* With the mutex held. */
static void put(struct limits *limits, const struct limits_policy *policy, unsigned kept)
{
    limits->policy = *policy;
    if ((kept & CREDITS) == 0)
        forget_credits(limits);
    if ((kept & TOKENS) == 0)
        forget_tokens(limits);
    switch_on(limits, parts_on(policy));
}

void limits_set(struct limits *limits, const struct limits_policy *policy)
{
    (void)pthread_mutex_lock(&limits->mutex);
    put(limits, policy, parts_on(policy));
    (void)pthread_mutex_unlock(&limits->mutex);
}

void limits_reset(struct limits *limits)
{
    (void)pthread_mutex_lock(&limits->mutex);
    put(limits, &limits->first, 0);
    (void)pthread_mutex_unlock(&limits->mutex);
}

/* With the mutex held. */
static struct account *account_of(struct limits *limits, int64_t org_id)
{
    struct account *account = g_hash_table_lookup(limits->accounts, &org_id);
    if (account != NULL)
        return account;
    account = g_new0(struct account, 1);
    account->org_id = org_id;
    (void)g_hash_table_insert(limits->accounts, &account->org_id, account);
    return account;
}

/* With the mutex held. */
static bool spend(struct limits *limits, const struct org *org, int64_t price, int64_t now,
                  struct limits_credits *credits)
{
    struct rolling *spent = &account_of(limits, org->id)->credits;
    int64_t most = number_of(&limits->policy.credits, edition_of(org)->credits);
    int64_t left = most - rolling_count(spent, now, LIMITS_DAY);
    bool are_there = left >= price;
    if (price > 0 && are_there) {
        rolling_add(spent, now, price);
        left -= price;
    }
    *credits = (struct limits_credits){
        .are_limited = true,
        .most = most,
        .remaining = left > 0 ? left : 0,
        .free_at = most > 0 ? rolling_falls_to(spent, most - 1, LIMITS_DAY) : INT64_MAX};
    return are_there;
}

bool limits_spend(struct limits *limits, const struct org *org, int64_t price,
                  const struct clock *clock, struct limits_credits *credits)
{
    *credits = (struct limits_credits){.are_limited = false};
    if (!is_on(limits, CREDITS))
        return true;
    (void)pthread_mutex_lock(&limits->mutex);
    bool are_there = limits->policy.credits.kind == LIMIT_NONE || /* it was taken off meanwhile */
                     spend(limits, org, price, clock_now(clock), credits);
    (void)pthread_mutex_unlock(&limits->mutex);
    return are_there;
}

bool limits_enter(struct limits *limits, const struct org *org, struct limits_pass *pass)
{
    *pass = (struct limits_pass){.is_counted = false};
    if (!is_on(limits, CONCURRENCY))
        return true;
    (void)pthread_mutex_lock(&limits->mutex);
    bool is_limited = limits->policy.concurrency.kind != LIMIT_NONE;
    struct account *account = account_of(limits, org->id);
    int64_t most = number_of(&limits->policy.concurrency, edition_of(org)->concurrency);
    bool may = !is_limited || account->under_way < most;
    if (is_limited && may) {
        account->under_way++;
        *pass = (struct limits_pass){.is_counted = true, .org_id = org->id};
    }
    (void)pthread_mutex_unlock(&limits->mutex);
    return may;
}

void limits_leave(struct limits *limits, struct limits_pass *pass)
{
    if (!pass->is_counted)
        return;
    (void)pthread_mutex_lock(&limits->mutex);
    account_of(limits, pass->org_id)->under_way--;
    (void)pthread_mutex_unlock(&limits->mutex);
    pass->is_counted = false;
}

int64_t limits_concurrency(struct limits *limits, const struct org *org)
{
    if (!is_on(limits, CONCURRENCY))
        return -1;
    const struct limits_policy policy = limits_tell(limits);
    return policy.concurrency.kind != LIMIT_NONE
               ? number_of(&policy.concurrency, edition_of(org)->concurrency)
               : -1;
}

/* Drops those of which nothing counts any more, so that there are no more than refresh tokens in use.
 */
static void sweep_issuers(struct limits *limits, int64_t now)
{
    GHashTableIter each;
    gpointer issuer;
    g_hash_table_iter_init(&each, limits->issuers);
    while (g_hash_table_iter_next(&each, NULL, &issuer))
        if (rolling_count(&((struct issuer *)issuer)->given, now, limits->policy.token_seconds) == 0)
            g_hash_table_iter_remove(&each);
    limits->issuers_most = g_hash_table_size(limits->issuers) * 2 + ISSUERS;
}

/* With the mutex held. */
static struct issuer *issuer_of(struct limits *limits, const char *refresh_token, int64_t now)
{
    struct issuer *issuer = g_hash_table_lookup(limits->issuers, refresh_token);
    if (issuer != NULL)
        return issuer;
    if (g_hash_table_size(limits->issuers) >= limits->issuers_most)
        sweep_issuers(limits, now);
    issuer = g_new0(struct issuer, 1);
    issuer->refresh_token = g_strdup(refresh_token);
    (void)g_hash_table_insert(limits->issuers, issuer->refresh_token, issuer);
    return issuer;
}

/* With the mutex held. */
static bool issue(struct limits *limits, const char *refresh_token, int64_t now,
                  struct limits_tokens *tokens)
{
    struct rolling *given = &issuer_of(limits, refresh_token, now)->given;
    unsigned most = limits->policy.tokens, seconds = limits->policy.token_seconds;
    bool may = rolling_count(given, now, seconds) < most;
    if (may)
        rolling_add(given, now, 1);
    *tokens = (struct limits_tokens){.most = most,
                                     .seconds = seconds,
                                     .free_at = rolling_falls_to(given, (int64_t)most - 1, seconds)};
    return may;
}

bool limits_issue(struct limits *limits, const char *refresh_token, const struct clock *clock,
                  struct limits_tokens *tokens)
{
    *tokens = (struct limits_tokens){.most = 0};
    if (!is_on(limits, TOKENS))
        return true;
    (void)pthread_mutex_lock(&limits->mutex);
    bool may = limits->policy.tokens == 0 || issue(limits, refresh_token, clock_now(clock), tokens);
    (void)pthread_mutex_unlock(&limits->mutex);
    return may;
}

/* With the mutex held. */
static unsigned by_chance(struct limits *limits, unsigned least, unsigned most)
{
    if (limits->random == NULL)
        limits->random = g_rand_new();
    return (unsigned)g_rand_int_range(limits->random, (gint32)least, (gint32)most + 1);
}

unsigned limits_latency(struct limits *limits)
{
    if (!is_on(limits, LATENCY))
        return 0;
    (void)pthread_mutex_lock(&limits->mutex);
    const struct limits_policy *policy = &limits->policy;
    unsigned least = policy->latency_least, most = policy->latency_most;
    unsigned milliseconds = least < most ? by_chance(limits, least, most) : least;
    (void)pthread_mutex_unlock(&limits->mutex);
    return milliseconds;
}
