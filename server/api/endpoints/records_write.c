#include <string.h>

#include "api/body.h"
#include "api/permit.h"
#include "api/reply.h"
#include "crm/record_write.h"

static call_fn insert_records, upsert_records, update_records, update_record, delete_records,
    delete_record;

const struct endpoint records_insert = {
    .method = "POST",
    .path = "/crm/{version}/{module}",
    .scope = {"modules", "CREATE", NULL},
    .permit = permit_write,
    .handle = insert_records,
};

const struct endpoint records_upsert = {
    .method = "POST",
    .path = "/crm/{version}/{module}/upsert",
    .scope = {"modules", "CREATE", NULL},
    .permit = permit_write,
    .handle = upsert_records,
};

const struct endpoint records_update = {
    .method = "PUT",
    .path = "/crm/{version}/{module}",
    .scope = {"modules", "UPDATE", NULL},
    .permit = permit_write,
    .handle = update_records,
};

const struct endpoint records_update_one = {
    .method = "PUT",
    .path = "/crm/{version}/{module}/{id}",
    .scope = {"modules", "UPDATE", NULL},
    .permit = permit_write,
    .handle = update_record,
};

const struct endpoint records_delete = {
    .method = "DELETE",
    .path = "/crm/{version}/{module}",
    .scope = {"modules", "DELETE", NULL},
    .permit = permit_write,
    .handle = delete_records,
};

const struct endpoint records_delete_one = {
    .method = "DELETE",
    .path = "/crm/{version}/{module}/{id}",
    .scope = {"modules", "DELETE", NULL},
    .permit = permit_write,
    .handle = delete_record,
};

enum { RECORDS_MAX = 100, MULTI_STATUS = 207, ID_POSITION = 1 };

struct writing;

/* What is done to one record of a call; `id` is for those that name one. */
typedef enum error write_fn(const struct writing *writing, struct record_write *write, const char *id);

/* The records of a call, and what is told about them. */
struct writing {
    write_fn *write;
    const char *message;
    unsigned status;                      /* when all went well */
    const cJSON *data;                    /* the list of records; NULL when ids name them */
    const char *ids;                      /* separated by commas, when there is no list */
    const char *only_id;                  /* of the path, for one record */
    const struct field **duplicate_check; /* of an upsert */
    size_t duplicate_checks;
};

static enum error insert_one(const struct writing *writing, struct record_write *write, const char *id)
{
    (void)writing;
    (void)id;
    return record_write_insert(write);
}

/* F7: a record of a list says which it is. */
static enum error refuse_id(struct record_write *write, const cJSON *id)
{
    bool is_missing = id == NULL || json_is_blank(id);
    write->fault = (struct fault){
        .api_name = "id",
        .json_path = arena_printf(write->arena, "$.data[%zu].id", write->index),
        .expected_data_type = is_missing ? NULL : field_types[TYPE_LOOKUP].expected,
        .hint = "say which record is to be updated: \"id\": \"...\"",
    };
    return is_missing ? ERR_FIELD_MISSING : ERR_INVALID_VALUE;
}

static enum error update_one(const struct writing *writing, struct record_write *write, const char *id)
{
    bool is_named = writing->only_id != NULL || (id != NULL && id[0] != '\0');
    return is_named ? record_write_update(write, id)
                    : refuse_id(write, json_member(write->fields, "id"));
}

static enum error delete_one(const struct writing *writing, struct record_write *write, const char *id)
{
    (void)writing;
    return record_write_delete(write, id);
}

static enum error upsert_one(const struct writing *writing, struct record_write *write, const char *id)
{
    (void)id;
    return record_write_upsert(write, writing->duplicate_check, writing->duplicate_checks);
}

/* One entry of the answer: the record as it is now, or why it was refused. */
static cJSON *entry_of(struct call *call, const struct writing *writing, struct reply_writer *writer,
                       const struct record_write *write, enum error error)
{
    if (error != ERR_NONE)
        return reply_refusal(call, error, reply_details(call, error, &write->fault));
    if (writing->ids != NULL) {
        cJSON *details = cJSON_CreateObject();
        json_add_id(details, "id", write->record.id);
        return reply_success(details, writing->message);
    }
    struct reply_written written = {.message = writing->message};
    if (writing->write == upsert_one)
        written.action = "insert";
    if (write->duplicate != NULL)
        written = (struct reply_written){.message = "record updated",
                                         .action = "update",
                                         .duplicate_field = write->duplicate->api_name};
    return reply_record(writer, &write->record, &written);
}

static const char *next_id(struct call *call, const char **at)
{
    *at += strspn(*at, ", ");
    size_t length = strcspn(*at, ", ");
    const char *id = arena_strndup(call->arena, *at, length);
    *at += length;
    *at += strspn(*at, ", ");
    return id;
}

/* How the headers call a record: by its id, or by where it stands in the body. */
static const char *place_of(struct arena *arena, const char *id, size_t index)
{
    return id != NULL ? arena_strdup(arena, id) : arena_printf(arena, "data[%zu]", index);
}

/* The record that the path names is not there. A refusal with an id is about the record itself. */
static bool is_no_such(const struct writing *writing, const struct record_write *write,
                       enum error error)
{
    return writing->only_id != NULL && error == ERR_INVALID_ID && write->fault.id != NULL;
}

/* Writes record by record in the caller's transaction. */
static enum error write_each(struct call *call, const struct writing *writing,
                             struct reply_writer *writer, int64_t now, cJSON *list,
                             struct reply_refused *refused)
{
    const cJSON *fields = writing->data != NULL ? writing->data->child : NULL;
    const char *at = writing->ids;
    for (size_t i = 0; fields != NULL || (at != NULL && *at != '\0'); i++) {
        struct record_write write = {.db = call->db,
                                     .user = call->token.user,
                                     .module = call->module,
                                     .fields = fields,
                                     .index = i,
                                     .now = now,
                                     .arena = call->arena};
        const char *id = fields == NULL             ? next_id(call, &at)
                         : writing->only_id != NULL ? writing->only_id
                                                    : json_scalar_text(json_member(fields, "id"));
        enum error error = writing->write(writing, &write, id);
        if (error == ERR_INTERNAL) {
            call->fault = write.fault;
            return error;
        }
        if (is_no_such(writing, &write, error)) { /* F7: then the path is wrong */
            call->fault = (struct fault){.path_index = ID_POSITION, .hint = write.fault.hint};
            return error;
        }
        if (arena_is_exceeded(call->arena))
            return ERR_NO_ROOM;
        if (error != ERR_NONE)
            reply_note_refused(refused, error, place_of(call->arena, id, i), write.fault.hint);
        cJSON_AddItemToArray(list, entry_of(call, writing, writer, &write, error));
        fields = fields != NULL ? fields->next : NULL;
    }
    return ERR_NONE;
}

static enum error write_records(struct call *call, const struct writing *writing)
{
    cJSON *list, *body = reply_data(&list);
    struct reply_refused refused = {.count = 0};
    enum error error = ERR_INTERNAL;
    int64_t now = clock_now(call->api->crm->clock);
    struct reply_writer writer;
    reply_writer_init(&writer, call->token.user, now, call->arena);
    if (store_begin(call->db, STORE_REQUEST) == STORE_OK) {
        error = write_each(call, writing, &writer, now, list, &refused);
        if (store_end(call->db, error == ERR_NONE) != STORE_OK && error == ERR_NONE)
            error = ERR_INTERNAL;
    }
    if (error != ERR_NONE) {
        cJSON_Delete(body);
        return error;
    }
    size_t count = (size_t)cJSON_GetArraySize(list);
    unsigned partly = refused.count < count ? MULTI_STATUS : versions[call->version].none_written;
    reply_tell_refused(call, &refused, count);
    reply_json(call, refused.count == 0 ? writing->status : partly, body); /* F20 */
    return ERR_NONE;
}

/* Modules' own fields by which an upsert finds a record, beside those that are unique. */
static const struct {
    const char *module, *field;
} system_checks[] = {
    {"Leads", "Email"},
    {"Contacts", "Email"},
    {"Accounts", "Account_Name"},
    {"Deals", "Deal_Name"},
    {"Campaigns", "Campaign_Name"},
    {"Products", "Product_Name"},
    {"Vendors", "Vendor_Name"},
    {"Price_Books", "Price_Book_Name"},
};

static bool is_checked(const struct module *module, const struct field *field)
{
    for (size_t i = 0; i < COUNT(system_checks); i++)
        if (strcmp(module->api_name, system_checks[i].module) == 0 &&
            strcmp(field->api_name, system_checks[i].field) == 0)
            return true;
    return field->is_unique;
}

/* The body's duplicate_check_fields, or the module's own. */
static enum error read_duplicate_check(struct call *call, const cJSON *body, struct writing *writing)
{
    const struct module *module = call->module;
    const cJSON *names = json_member(body, "duplicate_check_fields"), *name;
    writing->duplicate_check =
        arena_array(call->arena, module->field_count, sizeof *writing->duplicate_check);
    for (size_t i = 0; names == NULL && i < module->field_count; i++)
        if (is_checked(module, &module->fields[i]))
            writing->duplicate_check[writing->duplicate_checks++] = &module->fields[i];
    cJSON_ArrayForEach (name, names) {
        const struct field *field =
            cJSON_IsString(name) ? module_field(module, name->valuestring) : NULL;
        if (field == NULL || writing->duplicate_checks == module->field_count) {
            call->fault = (struct fault){.api_name = "duplicate_check_fields",
                                         .json_path = "$.duplicate_check_fields",
                                         .hint = "API names of fields of the module"};
            return ERR_INVALID_VALUE;
        }
        writing->duplicate_check[writing->duplicate_checks++] = field;
    }
    return ERR_NONE;
}

static enum error write_body(struct call *call, struct writing *writing, size_t most)
{
    cJSON *body CLEANUP(json_delete) = NULL;
    enum error error = body_read_data(call, most, &body, &writing->data);
    if (error == ERR_NONE && writing->write == upsert_one)
        error = read_duplicate_check(call, body, writing);
    if (error == ERR_NONE)
        return write_records(call, writing);
    reply_error(call, error); /* now: the fault's texts may be the body's */
    return ERR_NONE;
}

static enum error insert_records(struct call *call)
{
    struct writing writing = {.write = insert_one, .message = "record added", .status = 201};
    return write_body(call, &writing, RECORDS_MAX);
}

static enum error upsert_records(struct call *call)
{
    struct writing writing = {.write = upsert_one, .message = "record added", .status = 200};
    return write_body(call, &writing, RECORDS_MAX);
}

static enum error update_records(struct call *call)
{
    struct writing writing = {.write = update_one, .message = "record updated", .status = 200};
    return write_body(call, &writing, RECORDS_MAX);
}

static enum error update_record(struct call *call)
{
    struct writing writing = {
        .write = update_one, .message = "record updated", .status = 200, .only_id = call->id};
    return write_body(call, &writing, 1);
}

static enum error delete_by_ids(struct call *call, const char *ids, const char *only_id)
{
    const struct writing writing = {.write = delete_one,
                                    .message = "record deleted",
                                    .status = 200,
                                    .ids = ids,
                                    .only_id = only_id};
    return write_records(call, &writing);
}

static enum error delete_records(struct call *call)
{
    const char *ids;
    enum error error = call_list(call, "ids", RECORDS_MAX, &ids);
    if (error != ERR_NONE)
        return error;
    if (ids == NULL || ids[strspn(ids, ", ")] == '\0')
        return call_bad_parameter(call, ERR_PARAMETER_MISSING, "ids", "add ?ids=1,2,3");
    return delete_by_ids(call, ids, NULL);
}

static enum error delete_record(struct call *call)
{
    return delete_by_ids(call, call->id, call->id);
}
