#include "parity/telling.h"

#include <string.h>

#include "base/utf8.h"

enum { VALUE_MOST = 100, ANSWER_WIDTH = 30, WHAT_WIDTH = 46 };

static cJSON *begun(const struct parity_case *asked, const char *version)
{
    cJSON *told = cJSON_CreateObject(), *request;
    json_add_text(told, "row", asked->row);
    json_add_text(told, "what", asked->what);
    json_add_text(told, "version", asked->is_form ? "" : version);
    request = cJSON_AddObjectToObject(told, "request");
    json_add_text(request, "method", asked->method);
    json_add_text(request, "path", asked->path);
    json_add_text_or_null(request, "body", asked->body);
    return told;
}

cJSON *telling_case(const struct parity_case *asked, const char *version, cJSON *own, cJSON *theirs,
                    cJSON *differences)
{
    cJSON *told = begun(asked, version);
    json_add_text(told, "result", differences->child == NULL ? "same" : "differs");
    cJSON_AddItemToObject(told, "crmock", own);
    cJSON_AddItemToObject(told, "theirs", theirs);
    cJSON_AddItemToObject(told, "differences", differences);
    return told;
}

cJSON *telling_unasked(const struct parity_case *asked, const char *version, const char *why)
{
    cJSON *told = begun(asked, version);
    json_add_text(told, "result", "not asked");
    json_add_text(told, "why", why);
    return told;
}

static const struct {
    const char *result, *name;
} results[] = {{"same", "same"}, {"differs", "differ"}, {"not asked", "not_asked"}};

void telling_count(cJSON *document)
{
    const cJSON *told, *cases = json_member(document, "cases");
    for (size_t i = 0; i < COUNT(results); i++) {
        int64_t count = 0;
        cJSON_ArrayForEach (told, cases)
            if (strcmp(side_text(told, "result"), results[i].result) == 0)
                count++;
        json_add_integer(document, results[i].name, count);
    }
}

/* Its status and code, or what there is in their place. */
static const char *brief(const cJSON *answer, struct arena *arena)
{
    const cJSON *body = json_member(answer, "body"), *list = json_member(body, "data");
    const char *status = json_scalar_text(json_member(answer, "status"));
    const char *code = side_text(cJSON_IsArray(list) ? cJSON_GetArrayItem(list, 0) : body, "code");
    if (status == NULL)
        return "no answer";
    if (code[0] == '\0')
        code = side_text(body, "error");
    return utf8_line(arena, arena_printf(arena, "%s%s%s", status, code[0] != '\0' ? " " : "", code),
                     ANSWER_WIDTH);
}

static const char *value_told(const cJSON *difference, const char *side, struct arena *arena)
{
    const cJSON *value = json_member(difference, side);
    const char *text = cJSON_IsNull(value) ? "nothing" : json_print(arena, (cJSON *)value);
    return utf8_line(arena, text, VALUE_MOST);
}

static void tell_case(const cJSON *told, FILE *out, struct arena *arena)
{
    const char *result = side_text(told, "result"), *row = side_text(told, "row");
    const cJSON *difference, *differences = json_member(told, "differences");
    bool is_asked = differences != NULL;
    (void)fprintf(out, "%-4s %-4s %-*s %-*s %-*s %s%s%s\n", row[0] != '\0' ? row : "-",
                  side_text(told, "version"), WHAT_WIDTH, side_text(told, "what"), ANSWER_WIDTH,
                  is_asked ? brief(json_member(told, "crmock"), arena) : "", ANSWER_WIDTH,
                  is_asked ? brief(json_member(told, "theirs"), arena) : "", result,
                  is_asked ? "" : ": ", side_text(told, "why"));
    cJSON_ArrayForEach (difference, differences)
        (void)fprintf(out, "          %s: %s, theirs %s\n",
                      utf8_line(arena, side_text(difference, "part"), VALUE_MOST),
                      value_told(difference, "crmock", arena), value_told(difference, "theirs", arena));
}

void telling_table(const cJSON *document, FILE *out, struct arena *arena)
{
    const cJSON *told, *cases = json_member(document, "cases");
    (void)fprintf(out, "%-4s %-4s %-*s %-*s %-*s\n", "row", "", WHAT_WIDTH, "request", ANSWER_WIDTH,
                  "crmock", ANSWER_WIDTH, "theirs");
    cJSON_ArrayForEach (told, cases)
        tell_case(told, out, arena);
    (void)fprintf(out, "%s the same, %s differ, %s not asked\n", side_text(document, "same"),
                  side_text(document, "differ"), side_text(document, "not_asked"));
}
