#include "import/ask.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/uri.h"
#include "base/utf8.h"

enum { STATUS_OK = 200, STATUS_NONE = 204, STATUS_UNMODIFIED = 304, PAGES_MOST = 10000 };
enum { STATUS_UNAUTHORIZED = 401, STATUS_TOO_MANY = 429, STATUS_SERVER = 500 };
#define VERSION_PATH "/crm/v8/"

cJSON *ask_take(struct ask *ask)
{
    cJSON *found = ask->found;
    ask->found = NULL;
    return found;
}

void asker_tell(struct asker *asker)
{
    if (!asker->tells)
        return;
    (void)pthread_mutex_lock(&asker->mutex);
    (void)fprintf(stderr, "\r\033[K%zu modules, %zu records, %u calls", asker->modules, asker->records,
                  remote_calls(asker->remote));
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&asker->mutex);
}

void asker_end(const struct asker *asker)
{
    if (asker->tells)
        (void)fprintf(stderr, "\r\033[K");
}

static bool has_failed(struct asker *asker)
{
    (void)pthread_mutex_lock(&asker->mutex);
    bool failed = asker->reason != NULL;
    (void)pthread_mutex_unlock(&asker->mutex);
    return failed;
}

/* The first reason is the one that is told. */
static void fail(struct asker *asker, const char *target, const char *what)
{
    enum { REASON_MOST = 1000 };
    struct arena *arena = asker->arena;
    (void)pthread_mutex_lock(&asker->mutex);
    if (asker->reason == NULL && target != NULL)
        what = arena_printf(arena, "%s" VERSION_PATH "%.*s: %s", asker->url, (int)strcspn(target, "&"),
                            target, what);
    if (asker->reason == NULL)
        asker->reason = arena_strdup(arena, utf8_line(arena, what, REASON_MOST));
    (void)pthread_mutex_unlock(&asker->mutex);
}

static const char *code_of(const struct remote_answer *answer)
{
    const char *code = json_scalar_text(json_member(answer->json, "code"));
    return code != NULL ? code : "";
}

static bool is_token_refused(const struct remote_answer *answer)
{
    return answer->status == STATUS_UNAUTHORIZED &&
           strcmp(code_of(answer), "OAUTH_SCOPE_MISMATCH") != 0;
}

static const char *told_status(const struct remote_answer *answer, struct arena *arena)
{
    enum { CODE_MOST = 60 };
    const char *code = utf8_line(arena, code_of(answer), CODE_MOST);
    return arena_printf(arena, "%u%s%s", answer->status, code[0] != '\0' ? " " : "", code);
}

/* An answer's document: the caller's; an empty list is null. NULL: it was refused, or all has failed.
 */
static cJSON *take_answer(struct asker *asker, struct ask *ask, const char *target,
                          struct remote_answer *answer, struct arena *arena)
{
    static const char null[] = "null";
    const char *status = told_status(answer, arena);
    cJSON *json = answer->json;
    bool is_empty = answer->status == STATUS_NONE || answer->status == STATUS_UNMODIFIED;
    if (answer->status == STATUS_OK && cJSON_IsObject(json)) {
        state_keep(asker->state, target, answer->text, answer->length);
        answer->json = NULL;
        return json;
    }
    if (is_empty) {
        state_keep(asker->state, target, null, strlen(null));
        return cJSON_CreateNull();
    }
    if (is_token_refused(answer))
        fail(asker, target, arena_printf(arena, "the token is refused: %s", status));
    else if (answer->status == STATUS_TOO_MANY || answer->status >= STATUS_SERVER)
        fail(asker, target, arena_printf(arena, "%s, and so after several tries", status));
    else if (answer->status < STATUS_UNMODIFIED)
        fail(asker, target, arena_printf(arena, "%s, and no JSON object", status));
    else
        (void)snprintf(ask->refusal, REFUSAL_SIZE, "%s", status);
    return NULL;
}

/* The document of one page, as take_answer has it. */
static cJSON *get(struct asker *asker, struct ask *ask, const char *target)
{
    if (has_failed(asker))
        return NULL;
    cJSON *kept = state_find(asker->state, target);
    if (kept != NULL)
        return kept;
    struct arena arena CLEANUP(arena_clear) = {.blocks = NULL};
    struct remote_answer answer;
    const struct remote_call call = {.method = "GET",
                                     .target = arena_printf(&arena, VERSION_PATH "%s", target)};
    if (remote_ask(asker->remote, &call, &arena, &answer))
        kept = take_answer(asker, ask, target, &answer, &arena);
    else
        fail(asker, NULL, answer.reason);
    remote_answer_clear(&answer);
    asker_tell(asker);
    return kept;
}

void ask_drop_nulls(cJSON *object)
{
    for (cJSON *member = object != NULL ? object->child : NULL, *next; member != NULL; member = next) {
        next = member->next;
        if (cJSON_IsNull(member))
            cJSON_Delete(cJSON_DetachItemViaPointer(object, member));
    }
}

/* Moves a page's entries to those that were found. */
static void take_entries(struct asker *asker, struct ask *ask, cJSON *entries)
{
    size_t moved = 0, count = (size_t)cJSON_GetArraySize(ask->found);
    for (cJSON *entry; (entry = entries != NULL ? entries->child : NULL) != NULL; moved++) {
        ask->has_more = ask->most > 0 && count + moved >= ask->most;
        if (ask->has_more)
            break;
        if (ask->is_sparse && count + moved > 0)
            ask_drop_nulls(entry);
        cJSON_AddItemToArray(ask->found, cJSON_DetachItemViaPointer(entries, entry));
    }
    if (!ask->has_records)
        return;
    (void)pthread_mutex_lock(&asker->mutex);
    asker->records += moved;
    (void)pthread_mutex_unlock(&asker->mutex);
}

/* The page behind one, or NULL behind the last. */
static const char *next_target(const struct ask *ask, const cJSON *document, size_t page,
                               struct arena *arena)
{
    const cJSON *info = json_member(document, "info");
    const char *token = json_scalar_text(json_member(info, "next_page_token"));
    char separator = strchr(ask->target, '?') != NULL ? '&' : '?';
    if (!cJSON_IsTrue(json_member(info, "more_records")))
        return NULL;
    if (ask->pages == PAGES_BY_TOKEN && token != NULL)
        return arena_printf(arena, "%s%cpage_token=%s", ask->target, separator,
                            uri_escaped(arena, token));
    return arena_printf(arena, "%s%cpage=%zu", ask->target, separator, page);
}

static bool is_wanting(const struct ask *ask)
{
    return ask->most == 0 || (size_t)cJSON_GetArraySize(ask->found) < ask->most;
}

/* Takes out what pages before had already. True when something else is there. */
static bool keep_news(cJSON *entries, GHashTable *seen)
{
    bool is_news = false;
    for (cJSON *entry = entries != NULL ? entries->child : NULL, *next; entry != NULL; entry = next) {
        const char *id = json_scalar_text(json_member(entry, "id"));
        bool is_new = g_hash_table_add(seen, g_strdup(id != NULL ? id : ""));
        next = entry->next;
        if (!is_new && id != NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(entries, entry));
        is_news |= is_new;
    }
    return is_news;
}

/* Who goes on telling of more, and never tells it, would be asked for ever. */
static bool is_endless(struct ask *ask, size_t page, bool is_news)
{
    if (is_news && page <= PAGES_MOST)
        return false;
    ask->has_more = true;
    (void)snprintf(ask->refusal, REFUSAL_SIZE,
                   is_news ? "it has more than %zu pages" : "page %zu has nothing new", page - 1);
    return true;
}

static void end_table(GHashTable **table)
{
    g_hash_table_destroy(*table);
}

/* Asks for page after page. False when one was refused, or all has failed. */
static bool ask_pages(struct asker *asker, struct ask *ask)
{
    struct arena arena CLEANUP(arena_clear) = {.blocks = NULL};
    GHashTable *seen CLEANUP(end_table) = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    ask->found = cJSON_CreateArray();
    const char *target = ask->target;
    for (size_t page = 2; target != NULL; page++) {
        cJSON *document CLEANUP(json_delete) = get(asker, ask, target);
        if (document == NULL)
            return false;
        cJSON *entries = cJSON_GetObjectItemCaseSensitive(document, ask->member);
        bool is_news = keep_news(entries, seen);
        take_entries(asker, ask, entries);
        target = next_target(ask, document, page, &arena);
        if (target != NULL && is_endless(ask, page, is_news))
            break;
        if (target != NULL && !is_wanting(ask)) {
            ask->has_more = true;
            break;
        }
    }
    return true;
}

static bool ask_once(struct asker *asker, struct ask *ask)
{
    cJSON *document CLEANUP(json_delete) = get(asker, ask, ask->target);
    if (document == NULL)
        return false;
    ask->found = cJSON_DetachItemFromObjectCaseSensitive(document, ask->member);
    if (ask->found == NULL && cJSON_IsNull(document))
        ask->found = cJSON_CreateArray();
    else if (ask->found == NULL)
        (void)snprintf(ask->refusal, REFUSAL_SIZE, "an answer without \"%s\"", ask->member);
    return ask->found != NULL;
}

/* What a job of ask_all knows. */
struct asking {
    struct asker *asker;
    struct ask *list;
};

static void ask_job(void *context, size_t index)
{
    const struct asking *asking = context;
    struct asker *asker = asking->asker;
    struct ask *ask = &asking->list[index];
    if (ask->target == NULL)
        (void)g_strlcpy(ask->refusal, "there is no id to ask by", REFUSAL_SIZE);
    else if (!(ask->pages == PAGES_ONE ? ask_once(asker, ask) : ask_pages(asker, ask)))
        cJSON_Delete(ask_take(ask));
    if (ask->awaited == NULL)
        return;
    (void)pthread_mutex_lock(&asker->mutex);
    asker->modules += --*ask->awaited == 0 ? 1 : 0;
    (void)pthread_mutex_unlock(&asker->mutex);
}

bool ask_all(struct asker *asker, struct ask *list, size_t count)
{
    struct asking asking = {.asker = asker, .list = list};
    remote_each(count, ask_job, &asking);
    if (asker->reason == NULL)
        return true;
    for (size_t i = 0; i < count; i++)
        cJSON_Delete(ask_take(&list[i]));
    return false;
}
