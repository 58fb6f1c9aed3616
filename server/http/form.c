#include "http/form.h"

#include <microhttpd.h>
#include <string.h>

#include "base/utf8.h"

enum { PROCESSOR_ROOM = 4096, FIELDS_MAX = 64 };

struct form_field {
    struct form_field *next;
    const char *name;
    char *value; /* in the reading's bytes, ended by a zero byte; it may have others in it */
    size_t length;
};

/* Values stand one behind the other in memory that the body's length bounds: they come in pieces, of a
 * byte each at worst. */
struct reading {
    struct form *form;
    struct arena *arena;
    size_t count;
    char *bytes;
    size_t used, room;
    struct form_field *open; /* whose pieces are coming; NULL: they are dropped */
};

static struct form_field *field_of(const struct form *form, const char *name)
{
    struct form_field *field = form->fields;
    while (field != NULL && strcmp(field->name, name) != 0)
        field = field->next;
    return field;
}

static void open_field(struct reading *reading, const char *name)
{
    struct form_field *field = arena_alloc(reading->arena, sizeof *field);
    *field = (struct form_field){.next = reading->form->fields,
                                 .name = arena_strdup(reading->arena, name),
                                 .value = reading->bytes + reading->used};
    reading->form->fields = field;
    reading->open = field;
    reading->used++; /* the zero byte */
    reading->count++;
}

/* Takes a piece of a value, which stands at `offset` of the whole. A part of a multipart body need not
 * have a name. */
static enum MHD_Result take(void *context, enum MHD_ValueKind kind, const char *key,
                            const char *filename, const char *content_type, const char *encoding,
                            const char *data, uint64_t offset, size_t size)
{
    struct reading *reading = context;
    (void)kind;
    (void)filename;
    (void)content_type;
    (void)encoding;
    if (offset == 0) {
        reading->open = NULL; /* the first of a name counts */
        if (reading->count == FIELDS_MAX)
            return MHD_NO;
        if (key != NULL && field_of(reading->form, key) == NULL)
            open_field(reading, key);
    }
    struct form_field *field = reading->open;
    if (field == NULL || data == NULL)
        return MHD_YES;
    if (size > reading->room - reading->used)
        return MHD_NO; /* not reached: values are no longer than the body */
    memcpy(field->value + field->length, data, size);
    field->length += size;
    reading->used += size;
    return MHD_YES;
}

static void read_form(struct form *form, const struct request *request, struct arena *arena)
{
    form->is_read = true;
    struct reading reading = {.form = form, .arena = arena};
    struct MHD_PostProcessor *processor =
        MHD_create_post_processor(request->connection, PROCESSOR_ROOM, take, &reading);
    if (processor == NULL)
        return; /* another media type */
    reading.room = request->body_length + FIELDS_MAX;
    reading.bytes = arena_alloc(arena, reading.room);
    (void)MHD_post_process(processor, request->body, request->body_length);
    (void)MHD_destroy_post_processor(processor);
}

const char *form_value(struct form *form, const struct request *request, struct arena *arena,
                       const char *name)
{
    if (!form->is_read)
        read_form(form, request, arena);
    const struct form_field *field = field_of(form, name);
    return field != NULL ? utf8_repaired_bytes(arena, field->value, field->length) : NULL;
}

/* Fields are kept the last one first; there are few. */
static void tell_from(const struct form_field *field, struct arena *arena, each_fn *tell, void *context)
{
    if (field == NULL)
        return;
    tell_from(field->next, arena, tell, context);
    tell(context, utf8_repaired(arena, field->name),
         utf8_repaired_bytes(arena, field->value, field->length));
}

void form_each(struct form *form, const struct request *request, struct arena *arena, each_fn *tell,
               void *context)
{
    if (!form->is_read)
        read_form(form, request, arena);
    tell_from(form->fields, arena, tell, context);
}
