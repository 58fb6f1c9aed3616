#include "api/unserved.h"

#include <string.h>

#include "api/version.h"

/* Paths of the service, part by part: {version} stands for one that there is, {} for any part, and ...
 * at the end for what may follow, a part at least. The first that fits says what it is. */
static const struct {
    const char *path, *what;
} unserved[] = {
    {"/crm/bulk/{version}/...", "bulk reads and writes"},
    {"/crm/{version}/bulk/...", "bulk reads and writes"},
    {"/crm/{version}/coql", "COQL queries"},
    {"/crm/{version}/composite_requests", "composite requests"},
    {"/crm/{version}/__composite_requests", "composite requests"},
    {"/crm/{version}/files", "files"},
    {"/crm/{version}/upload", "uploads"},
    {"/crm/{version}/features", "the list of features"},
    {"/crm/{version}/features/...", "the list of features"},
    {"/crm/{version}/__features", "the list of features"},
    {"/crm/{version}/recent_items", "recent items"},
    {"/crm/{version}/actions/...", "notifications and other actions of the org"},
    {"/crm/{version}/settings/...", "further settings"},
    {"/crm/{version}/users/...", "what belongs to a user"},
    {"/crm/{version}/org/...", "what belongs to the org"},
    {"/crm/{version}/{}/deleted", "deleted records"},
    {"/crm/{version}/{}/bulk", "records in bulk"},
    {"/crm/{version}/{}/photo", "photos"},
    {"/crm/{version}/{}/actions/...", "further actions of a module"},
    {"/crm/{version}/{}/{}/actions/...", "further actions of a record"},
    {"/crm/{version}/{}/{}/...", "related lists, notes, tags, attachments and photos of a record"},
};

/* Parts that stand for themselves where a module's name, or a record's id, may stand. */
static const char *const no_modules[] = {
    "bulk",         "coql",    "composite_requests", "__composite_requests",
    "files",        "upload",  "features",           "__features",
    "recent_items", "actions", "settings",           "users",
    "org",
};
static const char *const no_ids[] = {"deleted", "bulk", "photo", "actions", "search", "upsert"};

static bool is_part(const char *part, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(part, word, length) == 0;
}

static bool is_among(const char *part, size_t length, const char *const *words, size_t count)
{
    bool may_be = part[0] == '_' || (part[0] >= 'a' && part[0] <= 'z'); /* so begin all of them */
    for (size_t i = 0; may_be && i < count; i++)
        if (is_part(part, length, words[i]))
            return true;
    return false;
}

bool is_no_module(const char *part, size_t length)
{
    return is_among(part, length, no_modules, COUNT(no_modules));
}

bool is_no_id(const char *part, size_t length)
{
    return is_among(part, length, no_ids, COUNT(no_ids));
}

static bool is_version(const char *part, size_t length)
{
    for (size_t i = 0; i < VERSIONS; i++)
        if (is_part(part, length, versions[i].name))
            return true;
    return false;
}

static size_t part_length(const char *at)
{
    return (size_t)(strchrnul(at, '/') - at);
}

static bool part_fits(const char *wanted, size_t wanted_length, const char *part, size_t length)
{
    if (is_part(wanted, wanted_length, "{version}"))
        return is_version(part, length);
    if (is_part(wanted, wanted_length, "{}"))
        return length > 0 && !is_no_module(part, length);
    return wanted_length == length && strncmp(wanted, part, length) == 0;
}

static bool fits(const char *pattern, const char *path)
{
    for (; *pattern == '/' && *path == '/';
         pattern += part_length(pattern), path += part_length(path)) {
        if (strcmp(++pattern, "...") == 0)
            return path[1] != '\0';
        path++;
        if (!part_fits(pattern, part_length(pattern), path, part_length(path)))
            return false;
    }
    return *pattern == '\0' && *path == '\0';
}

const char *unserved_at(const char *path)
{
    for (size_t i = 0; i < COUNT(unserved); i++)
        if (fits(unserved[i].path, path))
            return unserved[i].what;
    return NULL;
}
