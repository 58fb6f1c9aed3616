#include "import/print.h"

#include <glib.h>
#include <stdlib.h>

#include "base/json.h"

enum { INDENT = 2, LONG = 140, SECTIONS = 1 };

/* Without what JSON has to escape. */
static bool is_plain(const char *text)
{
    while ((unsigned char)*text >= ' ' && *text != '"' && *text != '\\' && *text != 0x7f)
        text++;
    return *text == '\0';
}

static void print_scalar(GString *out, const cJSON *item)
{
    if (cJSON_IsString(item) && is_plain(item->valuestring)) {
        (void)g_string_append_c(out, '"');
        (void)g_string_append(out, item->valuestring);
        (void)g_string_append_c(out, '"');
        return;
    }
    if (cJSON_IsNumber(item) && item->valuestring != NULL) {
        (void)g_string_append(out, item->valuestring);
        return;
    }
    char *text = cJSON_PrintUnformatted(item);
    if (text == NULL)
        abort(); /* out of memory: cJSON has no other reason */
    (void)g_string_append(out, text);
    cJSON_free(text);
}

static void print_name(GString *out, const cJSON *member)
{
    const cJSON name = {.type = cJSON_String, .valuestring = member->string};
    print_scalar(out, &name);
    (void)g_string_append(out, ": ");
}

static bool is_container(const cJSON *item)
{
    return cJSON_IsObject(item) || cJSON_IsArray(item);
}

static void print_inline(GString *out, const cJSON *item)
{
    const cJSON *child;
    if (!is_container(item)) {
        print_scalar(out, item);
        return;
    }
    (void)g_string_append_c(out, cJSON_IsObject(item) ? '{' : '[');
    cJSON_ArrayForEach (child, item) {
        if (child != item->child)
            (void)g_string_append(out, ", ");
        if (cJSON_IsObject(item))
            print_name(out, child);
        print_inline(out, child);
    }
    (void)g_string_append_c(out, cJSON_IsObject(item) ? '}' : ']');
}

static bool has_lists_of_objects(const cJSON *item)
{
    const cJSON *child;
    if (cJSON_IsArray(item) && cJSON_IsObject(item->child))
        return true;
    cJSON_ArrayForEach (child, item)
        if (has_lists_of_objects(child))
            return true;
    return false;
}

static bool is_section(const cJSON *item, unsigned depth)
{
    return item->child != NULL && (depth == 0 || (depth == SECTIONS && cJSON_IsArray(item)));
}

static void end_line(GString *out, unsigned depth)
{
    (void)g_string_append_c(out, '\n');
    for (unsigned i = 0; i < depth * INDENT; i++)
        (void)g_string_append_c(out, ' ');
}

static void print_item(GString *out, const cJSON *item, unsigned depth)
{
    const cJSON *child;
    gsize start = out->len;
    if (!is_section(item, depth)) {
        print_inline(out, item);
        if (out->len - start <= LONG || !has_lists_of_objects(item))
            return;
        (void)g_string_truncate(out, start);
    }
    (void)g_string_append_c(out, cJSON_IsObject(item) ? '{' : '[');
    cJSON_ArrayForEach (child, item) {
        if (child != item->child)
            (void)g_string_append_c(out, ',');
        end_line(out, depth + 1);
        if (cJSON_IsObject(item))
            print_name(out, child);
        print_item(out, child, depth + 1);
    }
    end_line(out, depth);
    (void)g_string_append_c(out, cJSON_IsObject(item) ? '}' : ']');
}

const char *import_print(struct arena *arena, const cJSON *document)
{
    GString *out = g_string_new(NULL);
    print_item(out, document, 0);
    (void)g_string_append_c(out, '\n');
    const char *text = arena_strndup(arena, out->str, out->len);
    (void)g_string_free(out, true);
    return text;
}
