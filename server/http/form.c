#include "http/form.h"

#include <microhttpd.h>
#include <string.h>

#include "base/utf8.h"

enum { PROCESSOR_ROOM = 4096, FIELDS_MAX = 64 };

struct form_field {
    struct form_field *next;
    const char *name;
    const char *value;
};

struct reading {
    struct form *form;
    struct arena *arena;
    size_t count;
};

static struct form_field *field_of(const struct form *form, const char *name)
{
    struct form_field *field = form->fields;
    while (field != NULL && strcmp(field->name, name) != 0)
        field = field->next;
    return field;
}

/* Takes a piece of a value, which stands at `offset` of the whole. */
static enum MHD_Result take(void *context, enum MHD_ValueKind kind, const char *key,
                            const char *filename, const char *content_type, const char *encoding,
                            const char *data, uint64_t offset, size_t size)
{
    struct reading *reading = context;
    (void)kind;
    (void)filename;
    (void)content_type;
    (void)encoding;
    struct form_field *field = field_of(reading->form, key);
    const char *piece = arena_strndup(reading->arena, data != NULL ? data : "", size);
    if (field != NULL && offset > 0) {
        field->value = arena_printf(reading->arena, "%s%s", field->value, piece);
        return MHD_YES;
    }
    if (field != NULL)
        return MHD_YES; /* the first of a name counts */
    if (reading->count++ == FIELDS_MAX)
        return MHD_NO;
    field = arena_alloc(reading->arena, sizeof *field);
    *field = (struct form_field){
        .next = reading->form->fields, .name = arena_strdup(reading->arena, key), .value = piece};
    reading->form->fields = field;
    return MHD_YES;
}

static void read_form(struct form *form, const struct request *request, struct arena *arena)
{
    struct reading reading = {.form = form, .arena = arena};
    form->is_read = true;
    struct MHD_PostProcessor *processor =
        MHD_create_post_processor(request->connection, PROCESSOR_ROOM, take, &reading);
    if (processor == NULL)
        return; /* another media type */
    (void)MHD_post_process(processor, request->body, request->body_length);
    (void)MHD_destroy_post_processor(processor);
}

const char *form_value(struct form *form, const struct request *request, struct arena *arena,
                       const char *name)
{
    if (!form->is_read)
        read_form(form, request, arena);
    const struct form_field *field = field_of(form, name);
    return field != NULL ? utf8_repaired(arena, field->value) : NULL;
}
