#include <string.h>

#include "parity/side.h"

/* What stands for a name in braces; NULL: it is none. */
static const char *value_of(const struct side *side, const char *version, const char *name,
                            size_t length)
{
    const struct side_field *fields = side->fields;
    const struct {
        const char *name, *value;
    } values[] = {{"version", version},
                  {"module", side->module},
                  {"record", side->record},
                  {"view", side->view},
                  {"none", side->none},
                  {"ids", side->ids},
                  {"field", fields[0].name},
                  {"value", fields[0].value},
                  {"other", side->other},
                  {"field2", fields[1].name},
                  {"value2", fields[1].value},
                  {"field3", fields[2].name},
                  {"value3", fields[2].value},
                  {"field4", fields[3].name},
                  {"value4", fields[3].value},
                  {"client_id", side->client_id},
                  {"client_secret", side->client_secret}};
    for (size_t i = 0; i < COUNT(values); i++)
        if (strlen(values[i].name) == length && strncmp(values[i].name, name, length) == 0)
            return values[i].value != NULL ? values[i].value : "";
    return NULL;
}

const char *side_fill(const struct side *side, const char *version, const char *text)
{
    const char *filled = "", *begin = text;
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
        size_t length = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_0123456789");
        const char *value =
            at[1 + length] == '}' && length > 0 ? value_of(side, version, at + 1, length) : NULL;
        if (value == NULL)
            continue;
        filled = arena_printf(side->arena, "%s%.*s%s", filled, (int)(at - begin), begin, value);
        begin = at + length + 2;
    }
    return arena_printf(side->arena, "%s%s", filled, begin);
}

const char *side_lacks(const struct side *side, const struct parity_case *asked)
{
    const struct {
        unsigned need;
        bool is_there;
        const char *why;
    } needs[] = {
        {NEED_RECORD, side->record != NULL, "no record was found"},
        {NEED_VIEW, side->view != NULL, "no view was found"},
        {NEED_FIELDS, side->field_count == SIDE_FIELDS, "the module has too few fields"},
        {NEED_PICKLIST, side->fields[0].is_picklist, "the record has no value of a picklist"},
        {NEED_ACCOUNTS, side->accounts != NULL, "no accounts server was given"},
        {NEED_CLIENT, side->client_id != NULL && side->client_secret != NULL, "no client was given"}};
    for (size_t i = 0; i < COUNT(needs); i++)
        if ((asked->needs & needs[i].need) != 0 && !needs[i].is_there)
            return needs[i].why;
    return NULL;
}

void side_ask_case(const struct side *side, const struct parity_case *asked, const char *version,
                   struct client_answer *answer)
{
    const struct side_request request = {
        .method = asked->method,
        .path = side_fill(side, version, asked->path),
        .body = asked->body != NULL ? side_fill(side, version, asked->body) : NULL,
        .credential = asked->credential,
        .is_form = asked->is_form,
        .most = CASE_MOST};
    side_ask(side, &request, answer);
}
