/* What a report must not have: names of an org and its people. */
#include <string.h>

#include "parity/side.h"

static void keep_name(struct side *side, const char *text)
{
    if (strlen(text) > 2 && side->name_count < COUNT(side->names))
        side->names[side->name_count++] = text;
}

static void keep_names(struct side *side, const cJSON *object, const char *const members[])
{
    for (size_t i = 0; members[i] != NULL; i++)
        keep_name(side, side_text(object, members[i]));
}

/* Names and emails of people in a record. */
static void keep_people(struct side *side, const cJSON *record)
{
    static const char *const members[] = {"name", "email", NULL};
    const cJSON *member;
    cJSON_ArrayForEach (member, record)
        if (cJSON_IsObject(member))
            keep_names(side, member, members);
}

void side_find_names(struct side *side)
{
    static const char *const of_org[] = {
        "company_name", "alias",        "primary_email",  "phone", "mobile",
        "website",      "domain_name",  "street",         "city",  "zip",
        "zgid",         "primary_zuid", "employee_count", "fax",   NULL};
    static const char *const of_user[] = {"full_name", "first_name", "last_name", "email", "alias",
                                          "phone",     "mobile",     "zuid",      NULL};
    struct client_answer answer;
    const cJSON *org = side_read(side, "/crm/v8/org", &answer);
    const cJSON *users = side_read(side, "/crm/v8/users?type=CurrentUser", &answer);
    keep_names(side, cJSON_GetArrayItem(json_member(org, "org"), 0), of_org);
    keep_names(side, cJSON_GetArrayItem(json_member(users, "users"), 0), of_user);
    if (side->record != NULL)
        keep_people(side, side_read_record(side, side->record));
}
