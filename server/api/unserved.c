#include "api/unserved.h"

#include <string.h>

#include "api/version.h"

/* Paths of the service, part by part: {version} stands for one that there is, {} for any part, {words}
 * for one of a list, and ... at the end for what may follow. The first that fits says what it is. */
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
    {"/crm/{version}/actions/watch", "notifications"},
    {"/crm/{version}/actions/watch/...", "notifications"},
    {"/crm/{version}/settings/{settings}", "further settings"},
    {"/crm/{version}/settings/{settings}/...", "further settings"},
    {"/crm/{version}/users/{}/...", "what belongs to a user"},
    {"/crm/{version}/users/actions/...", "actions on users"},
    {"/crm/{version}/org/photo", "the org's photo"},
    {"/crm/{version}/org/currencies", "currencies"},
    {"/crm/{version}/org/currencies/...", "currencies"},
    {"/crm/{version}/org/taxes", "taxes"},
    {"/crm/{version}/org/taxes/...", "taxes"},
    {"/crm/{version}/{}/deleted", "deleted records"},
    {"/crm/{version}/{}/bulk", "records in bulk"},
    {"/crm/{version}/{}/photo", "photos"},
    {"/crm/{version}/{}/actions/{actions}", "further actions of a module"},
    {"/crm/{version}/{}/actions/{actions}/...", "further actions of a module"},
    {"/crm/{version}/{}/{}/actions/{actions}", "further actions of a record"},
    {"/crm/{version}/{}/{}/actions/{actions}/...", "further actions of a record"},
    {"/crm/{version}/{}/{}/{related}",
     "related lists, notes, tags, attachments and photos of a record"},
    {"/crm/{version}/{}/{}/{related}/...",
     "related lists, notes, tags, attachments and photos of a record"},
};

/* What the service calls its actions, settings and related lists: what is none of them is a slip of
 * whoever wrote the path. Related lists have the names of modules, too, or begin with __. */
static const char *const actions[] = {
    "mass_delete",
    "mass_convert",
    "change_owner",
    "mass_change_owner",
    "add_tags",
    "remove_tags",
    "tags",
    "convert",
    "clone",
    "send_mail",
    "share",
    "assign_territories",
    "merge",
    "remove_territories",
    "cancel",
    "cancel_meetings",
    "fetch_full_data",
    "print",
    "download_fields_attachment",
    "approvals",
    "approve",
    "reject",
    "delegate",
    "takeover",
    "resubmit",
    "watch",
    "follow",
    "unfollow",
    "lock",
    "unlock",
    "get_orphan_records",
    "associate_email",
    "my_jobs",
    "inventory_convert",
    "convert_inventory",
};
static const char *const settings[] = {
    "related_lists",
    "tags",
    "pipeline",
    "automation",
    "variables",
    "variable_groups",
    "currencies",
    "taxes",
    "business_hours",
    "holidays",
    "fiscal_year",
    "email_templates",
    "inventory_templates",
    "wizards",
    "record_locking_configurations",
    "layout_rules",
    "validation_rules",
    "map_dependency",
    "duplicate_check_preference",
    "data_sharing",
    "user_groups",
    "users_territories",
    "custom_links",
    "custom_buttons",
    "kiosk",
    "functions",
    "webhooks",
    "assignment_rules",
    "scoring_rules",
    "portals",
    "unblock_email",
    "global_picklists",
    "picklist",
    "privacy",
    "audit_log_export",
    "field_attachments",
    "homepage",
    "sharing_rules",
    "service_preference",
    "emails",
    "appointment_preferences",
    "stages",
    "field_map_dependency",
    "login_history",
    "features",
    "org_emails",
};
static const char *const related[] = {
    "Notes",
    "Attachments",
    "photo",
    "Emails",
    "Contact_Roles",
    "Campaigns",
    "Products",
    "Price_Books",
    "Tags",
    "Activities",
    "Tasks",
    "Events",
    "Calls",
    "Open_Activities",
    "Closed_Activities",
    "Activities_History",
    "Activities_Chronological",
    "Invited_Events",
    "Social",
    "Quotes",
    "Sales_Orders",
    "Purchase_Orders",
    "Invoices",
    "Deals",
    "Contacts",
    "Accounts",
    "Leads",
    "Cases",
    "Stage_History",
    "Cadences_Chronological_View",
    "Visits_Zoho_Livedesk",
    "ZohoSign_Documents",
    "voc_recommendation",
    "files",
    "Zoho_Survey",
    "Checklists",
    "Timeline",
    "__timeline",
    "__attachments",
    "__conversion_options",
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

static bool is_listed(const char *part, size_t length, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_part(part, length, words[i]))
            return true;
    return false;
}

/* Of words that all begin with a small letter, as no module or id does. */
static bool is_among(const char *part, size_t length, const char *const *words, size_t count)
{
    bool may_be = part[0] == '_' || (part[0] >= 'a' && part[0] <= 'z');
    return may_be && is_listed(part, length, words, count);
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

static const struct {
    const char *name;
    const char *const *words;
    size_t count;
} lists[] = {
    {"{actions}", actions, COUNT(actions)},
    {"{settings}", settings, COUNT(settings)},
    {"{related}", related, COUNT(related)},
};

static bool part_fits(const char *wanted, size_t wanted_length, const char *part, size_t length)
{
    if (is_part(wanted, wanted_length, "{version}"))
        return is_version(part, length);
    if (is_part(wanted, wanted_length, "{}"))
        return length > 0 && !is_no_module(part, length);
    for (size_t i = 0; i < COUNT(lists); i++)
        if (is_part(wanted, wanted_length, lists[i].name))
            return is_listed(part, length, lists[i].words, lists[i].count);
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
