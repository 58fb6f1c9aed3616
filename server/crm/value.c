#include "crm/value.h"

#include <string.h>

#include "base/id.h"
#include "base/json_size.h"
#include "base/nearest.h"
#include "base/utf8.h"

struct checking {
    const struct field *field;
    struct arena *arena;
    struct fault *fault;
};

static bool refuse_type(const struct checking *check, enum field_type type)
{
    const struct field_type_info *info = &field_types[type];
    check->fault->expected_data_type = info->expected;
    check->fault->type_length = info->v2_length;
    check->fault->hint = arena_printf(check->arena, "%s takes a value of type %s",
                                      check->field->api_name, info->expected);
    return false;
}

static bool wrong_type(const struct checking *check)
{
    return refuse_type(check, check->field->type);
}

static bool too_long_in(const struct checking *check, int64_t maximum, const char *unit)
{
    check->fault->maximum_length = maximum;
    check->fault->hint = arena_printf(check->arena, "%s takes at most %lld%s", check->field->api_name,
                                      (long long)maximum, unit);
    return false;
}

static bool too_long(const struct checking *check, int64_t maximum)
{
    return too_long_in(check, maximum, "");
}

/* Every value ends somewhere: the field's length, or its type's. */
static int length_of(const struct field *field)
{
    return field->length > 0 ? field->length : field_types[field->type].most_length;
}

static bool text_fits(const struct checking *check, const cJSON *value)
{
    if (!cJSON_IsString(value))
        return wrong_type(check);
    int length = length_of(check->field);
    return utf8_length(value->valuestring) <= (size_t)length || too_long(check, length);
}

/* F3, F4. An empty text is none. */
static bool shaped_text_fits(const struct checking *check, const cJSON *value)
{
    if (!text_fits(check, value))
        return false;
    return value->valuestring[0] == '\0' || pattern_fits(check->field->pattern, value->valuestring) ||
           wrong_type(check);
}

static bool is_offered(const struct field *field, const char *text)
{
    for (size_t i = 0; i < field->value_count; i++)
        if (strcmp(field->values[i], text) == 0)
            return true;
    return false;
}

/* The nearest of the values, for one is mistyped more often than it is another's. */
static const char *nearest_of(const struct checking *check, const char *text)
{
    const struct field *field = check->field;
    const char **values = arena_array(check->arena, field->value_count, sizeof *values), *told = "";
    for (size_t i = 0; i < field->value_count; i++)
        values[i] = field->values[i];
    size_t near = nearest_first(values, field->value_count, text);
    for (size_t i = 0; i < near; i++)
        told = arena_printf(check->arena, "%s%s\"%s\"", told, i > 0 ? ", " : "nearest: ", values[i]);
    return near > 0 ? arena_printf(check->arena, "%s; ", told) : "";
}

static bool not_offered(const struct checking *check, const char *text)
{
    const struct field *field = check->field;
    const char *before = arena_printf(check->arena, "%s does not offer that value; %sit offers ",
                                      field->api_name, nearest_of(check, text));
    size_t length = utf8_length(before), room = length < HINT_MAX ? HINT_MAX - length : 0;
    check->fault->hint = arena_printf(check->arena, "%s%s", before,
                                      listed(field->values, field->value_count, room, check->arena));
    return false;
}

static bool is_choice(const struct checking *check, const cJSON *value)
{
    if (!text_fits(check, value))
        return false;
    if (is_offered(check->field, value->valuestring))
        return true;
    return not_offered(check, value->valuestring);
}

static bool choice_fits(const struct checking *check, const cJSON *value)
{
    bool is_none = cJSON_IsString(value) && strcmp(value->valuestring, NONE_CHOICE) == 0; /* F14 */
    return is_none || is_choice(check, value);
}

/* The fault is about a member of the list, from 0. */
static bool at_member(const struct checking *check, size_t member)
{
    if (check->fault->json_path != NULL)
        check->fault->json_path =
            arena_printf(check->arena, "%s[%zu]", check->fault->json_path, member);
    return false;
}

static bool choices_fit(const struct checking *check, const cJSON *value)
{
    if (!cJSON_IsArray(value))
        return wrong_type(check);
    size_t member = 0, length = 0;
    const cJSON *choice;
    cJSON_ArrayForEach (choice, value) {
        bool is_one = cJSON_IsString(choice) ? is_choice(check, choice) : refuse_type(check, TYPE_TEXT);
        if (!is_one)
            return at_member(check, member);
        length += utf8_length(choice->valuestring) + (member++ > 0);
    }
    int maximum = length_of(check->field);
    return length <= (size_t)maximum || too_long(check, maximum);
}

static bool flag_fits(const struct checking *check, const cJSON *value)
{
    return cJSON_IsBool(value) || wrong_type(check);
}

/* Digits before the point of a number's token, leading zeros and the sign not counted. */
static size_t digits_before_point(const char *token)
{
    token += strspn(token, "-0");
    return strspn(token, "0123456789");
}

/* Nor is there an end of zeros before, or of digits behind the point, that do not count. */
enum { TOKEN_MAX = 64 }; /* characters */

static bool digits_fit(const struct checking *check, const char *token)
{
    return digits_before_point(token) <= (size_t)length_of(check->field) && strlen(token) <= TOKEN_MAX;
}

static bool integer_fits(const struct checking *check, const cJSON *value)
{
    if (!json_is_integer(value))
        return wrong_type(check);
    return digits_fit(check, value->valuestring) || too_long(check, length_of(check->field));
}

/* The service writes big integers as strings, and takes them in either form. */
static bool big_integer_fits(const struct checking *check, const cJSON *value)
{
    const char *text = json_scalar_text(value);
    if (text == NULL)
        return wrong_type(check);
    const char *digits = text + (text[0] == '-');
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || digits[count] != '\0')
        return wrong_type(check);
    return digits_fit(check, text) || too_long(check, length_of(check->field));
}

/* Of so many digits, the greatest number; that less than zero is its counterpart. More digits than an
 * int64_t has are of sums alone, which no client sets. */
static bool out_of_range(const struct checking *check)
{
    enum { DIGITS_MAX = 18 };
    int length = length_of(check->field);
    if (length > DIGITS_MAX)
        return too_long(check, length);
    int64_t bound = 1;
    while (length-- > 0)
        bound *= 10;
    check->fault->bound = bound - 1;
    check->fault->hint =
        arena_printf(check->arena, "%s takes numbers from -%lld to %lld", check->field->api_name,
                     (long long)check->fault->bound, (long long)check->fault->bound);
    return false;
}

static bool too_precise(const struct checking *check)
{
    check->fault->maximum_decimal_place = check->field->decimals;
    check->fault->has_decimals = true;
    check->fault->hint = arena_printf(check->arena, "%s takes at most %d digits behind the point",
                                      check->field->api_name, check->field->decimals);
    return false;
}

/* Numbers are taken as they are written, so an exponent would hide how long they are. */
static bool number_fits(const struct checking *check, const cJSON *value)
{
    if (!cJSON_IsNumber(value) || strpbrk(value->valuestring, "eE") != NULL)
        return wrong_type(check);
    const char *token = value->valuestring, *point = strchr(token, '.');
    if (digits_before_point(token) > (size_t)length_of(check->field))
        return out_of_range(check);
    int decimals = check->field->decimals;
    if (point != NULL && decimals >= 0 && strlen(point + 1) > (size_t)decimals)
        return too_precise(check);
    return strlen(token) <= TOKEN_MAX || too_long(check, TOKEN_MAX);
}

static bool date_fits(const struct checking *check, const cJSON *value)
{
    return (cJSON_IsString(value) && date_valid(value->valuestring)) || wrong_type(check);
}

/* F5. */
enum { DATETIME_FORMS = TIME_WITH_OFFSET | TIME_LOCAL };

static bool datetime_fits(const struct checking *check, const cJSON *value)
{
    int64_t time; /* which it is in a zone is not asked: there is none that has no such time */
    enum time_forms form = TIME_WITH_OFFSET;
    bool is_time =
        cJSON_IsString(value) && time_read(value->valuestring, DATETIME_FORMS, NULL, &time, &form);
    return (is_time && (form != TIME_LOCAL || time_writable(time))) || wrong_type(check);
}

/* One @ with something on both sides, a dot in the domain, no blank: what the service asks. */
static bool email_fits(const struct checking *check, const cJSON *value)
{
    if (!text_fits(check, value))
        return false;
    const char *at = strchr(value->valuestring, '@');
    bool shaped = at != NULL && at != value->valuestring && strchr(at + 1, '@') == NULL &&
                  strchr(at + 1, '.') != NULL && strpbrk(value->valuestring, " \t\r\n") == NULL;
    return shaped || wrong_type(check);
}

/* Of lists and objects. */
static bool size_fits(const struct checking *check, const cJSON *value)
{
    if (cJSON_GetArraySize(value) > FIELD_MEMBERS_MAX)
        return too_long_in(check, FIELD_MEMBERS_MAX, " members");
    return json_size(value) <= FIELD_JSON_MAX || too_long_in(check, FIELD_JSON_MAX, " bytes of JSON");
}

/* F8: an object with the id, or the id itself. */
static bool reference_fits(const struct checking *check, const cJSON *value)
{
    int64_t id;
    if (!id_parse(json_scalar_text(reference_id(value)), &id))
        return wrong_type(check);
    return size_fits(check, value);
}

static bool list_fits(const struct checking *check, const cJSON *value)
{
    return cJSON_IsArray(value) ? size_fits(check, value) : wrong_type(check);
}

static bool object_fits(const struct checking *check, const cJSON *value)
{
    return cJSON_IsObject(value) ? size_fits(check, value) : wrong_type(check);
}

static bool computed_fits(const struct checking *check, const cJSON *value)
{
    const char *text = json_scalar_text(value);
    int length = length_of(check->field);
    if (text == NULL)
        return cJSON_IsBool(value) || wrong_type(check);
    return utf8_length(text) <= (size_t)length || too_long(check, length);
}

/* A field that is no part of a mass update has a rule as well: fixtures must obey it. */
static bool (*const value_rules[FIELD_TYPES])(const struct checking *, const cJSON *) = {
    [TYPE_TEXT] = text_fits,
    [TYPE_TEXTAREA] = text_fits,
    [TYPE_RICH_TEXT] = text_fits,
    [TYPE_PICKLIST] = choice_fits,
    [TYPE_MULTISELECT] = choices_fit,
    [TYPE_BOOLEAN] = flag_fits,
    [TYPE_INTEGER] = integer_fits,
    [TYPE_BIGINT] = big_integer_fits,
    [TYPE_DOUBLE] = number_fits,
    [TYPE_CURRENCY] = number_fits,
    [TYPE_PERCENT] = number_fits,
    [TYPE_DECIMAL] = number_fits,
    [TYPE_DATE] = date_fits,
    [TYPE_DATETIME] = datetime_fits,
    [TYPE_PHONE] = shaped_text_fits,
    [TYPE_WEBSITE] = shaped_text_fits,
    [TYPE_EMAIL] = email_fits,
    [TYPE_LOOKUP] = reference_fits,
    [TYPE_OWNER_LOOKUP] = reference_fits,
    [TYPE_USER_LOOKUP] = reference_fits,
    [TYPE_MULTISELECT_LOOKUP] = list_fits,
    [TYPE_AUTONUMBER] = text_fits,
    [TYPE_FORMULA] = computed_fits,
    [TYPE_ROLLUP_SUMMARY] = number_fits,
    [TYPE_SUBFORM] = list_fits,
    [TYPE_FILE_UPLOAD] = list_fits,
    [TYPE_IMAGE_UPLOAD] = list_fits,
    [TYPE_PROFILE_IMAGE] = text_fits,
    [TYPE_RRULE] = object_fits,
    [TYPE_EVENT_REMINDER] = text_fits,
    [TYPE_LAYOUT] = reference_fits,
};

const cJSON *reference_id(const cJSON *value)
{
    return cJSON_IsObject(value) ? json_member(value, "id") : value;
}

bool value_fits(const struct field *field, const cJSON *value, struct arena *arena, struct fault *fault)
{
    const struct checking check = {.field = field, .arena = arena, .fault = fault};
    if (!cJSON_IsNull(value))
        return value_rules[field->type](&check, value);
    if (field->system_mandatory)
        fault->hint = arena_printf(arena, "%s is mandatory and cannot be cleared", field->api_name);
    return !field->system_mandatory; /* D6 */
}

static cJSON *kept_reference(const cJSON *value, const struct zone *zone)
{
    (void)zone;
    const cJSON *id = reference_id(value);
    if (cJSON_IsObject(value) && cJSON_IsString(id))
        return NULL;
    cJSON *kept = cJSON_IsObject(value) ? cJSON_Duplicate(value, true) : cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(kept, "id");
    cJSON_AddStringToObject(kept, "id", json_scalar_text(id)); /* ids are texts */
    return kept;
}

static cJSON *kept_datetime(const cJSON *value, const struct zone *zone)
{
    int64_t time;
    enum time_forms form;
    char text[TIME_TEXT_SIZE];
    if (!time_read(value->valuestring, DATETIME_FORMS, zone, &time, &form) || form != TIME_LOCAL)
        return NULL;
    zone_format(zone, time, text);
    return cJSON_CreateString(text);
}

/* NULL: values are kept as they are. */
static cJSON *(*const kept_values[FIELD_TYPES])(const cJSON *value, const struct zone *zone) = {
    [TYPE_DATETIME] = kept_datetime,
    [TYPE_LOOKUP] = kept_reference,
    [TYPE_OWNER_LOOKUP] = kept_reference,
    [TYPE_USER_LOOKUP] = kept_reference,
};

cJSON *value_kept(const struct field *field, const cJSON *value, const struct zone *zone)
{
    bool is_as_sent = kept_values[field->type] == NULL || cJSON_IsNull(value);
    return is_as_sent ? NULL : kept_values[field->type](value, zone);
}

bool value_missing(const struct field *field, const cJSON *value)
{
    return field->system_mandatory && (value == NULL || json_is_blank(value));
}

static void add_once(cJSON *values, const cJSON *value)
{
    const cJSON *present;
    cJSON_ArrayForEach (present, values) {
        if (json_equal(present, value))
            return;
    }
    cJSON_AddItemToArray(values, cJSON_Duplicate(value, true));
}

const char *multiselect_add(const char *current, const char *added, struct arena *arena)
{
    cJSON *all CLEANUP(json_delete) = cJSON_CreateArray();
    const char *const sources[] = {current, added};
    for (size_t i = 0; i < COUNT(sources); i++) {
        cJSON *source CLEANUP(json_delete) = json_parse(sources[i], strlen(sources[i]), NULL);
        const cJSON *value;
        cJSON_ArrayForEach (value, source) {
            add_once(all, value);
        }
    }
    return json_print(arena, all);
}
