#include "store/field_type.h"

#include <string.h>

const struct field_type_info field_types[FIELD_TYPES] = {
    [TYPE_TEXT] = {.name = "text",
                   .json_type = "string",
                   .mass_updatable = true,
                   .default_length = 255},
    [TYPE_TEXTAREA] = {.name = "textarea", .json_type = "string", .default_length = 32000},
    [TYPE_RICH_TEXT] = {.name = "rich_text", .json_type = "string", .default_length = 50000},
    [TYPE_PICKLIST] = {.name = "picklist",
                       .json_type = "string",
                       .mass_updatable = true,
                       .has_values = true,
                       .default_length = 120},
    [TYPE_MULTISELECT] = {.name = "multiselectpicklist",
                          .json_type = "jsonarray",
                          .mass_updatable = true,
                          .has_values = true,
                          .default_length = 2000},
    [TYPE_BOOLEAN] = {.name = "boolean", .json_type = "boolean", .mass_updatable = true},
    [TYPE_INTEGER] = {.name = "integer",
                      .json_type = "integer",
                      .mass_updatable = true,
                      .default_length = 9},
    [TYPE_BIGINT] = {.name = "bigint",
                     .json_type = "string",
                     .mass_updatable = true,
                     .default_length = 18},
    [TYPE_DOUBLE] = {.name = "double",
                     .json_type = "double",
                     .mass_updatable = true,
                     .default_length = 16},
    [TYPE_CURRENCY] = {.name = "currency",
                       .json_type = "double",
                       .mass_updatable = true,
                       .default_length = 16},
    [TYPE_PERCENT] = {.name = "percent",
                      .json_type = "double",
                      .mass_updatable = true,
                      .default_length = 5},
    [TYPE_DECIMAL] = {.name = "decimal",
                      .json_type = "double",
                      .mass_updatable = true,
                      .default_length = 16},
    [TYPE_DATE] = {.name = "date", .json_type = "string", .mass_updatable = true},
    [TYPE_DATETIME] = {.name = "datetime", .json_type = "string", .mass_updatable = true},
    [TYPE_PHONE] = {.name = "phone",
                    .json_type = "string",
                    .mass_updatable = true,
                    .default_length = 30},
    [TYPE_WEBSITE] = {.name = "website",
                      .json_type = "string",
                      .mass_updatable = true,
                      .default_length = 450},
    [TYPE_EMAIL] = {.name = "email", .json_type = "string", .default_length = 100},
    [TYPE_LOOKUP] = {.name = "lookup", .json_type = "jsonobject", .has_lookup = true},
    [TYPE_OWNER_LOOKUP] = {.name = "ownerlookup", .json_type = "jsonobject"},
    [TYPE_USER_LOOKUP] = {.name = "userlookup", .json_type = "jsonobject"},
    [TYPE_MULTISELECT_LOOKUP] = {.name = "multiselectlookup",
                                 .json_type = "jsonarray",
                                 .has_lookup = true},
    [TYPE_AUTONUMBER] = {.name = "autonumber", .json_type = "string"},
    [TYPE_FORMULA] = {.name = "formula", .json_type = "double"},
    [TYPE_ROLLUP_SUMMARY] = {.name = "rollup_summary", .json_type = "double"},
    [TYPE_SUBFORM] = {.name = "subform", .json_type = "jsonarray"},
    [TYPE_FILE_UPLOAD] = {.name = "fileupload", .json_type = "jsonarray"},
    [TYPE_IMAGE_UPLOAD] = {.name = "imageupload", .json_type = "jsonarray"},
    [TYPE_PROFILE_IMAGE] = {.name = "profileimage", .json_type = "string"},
    [TYPE_RRULE] = {.name = "RRULE", .json_type = "jsonobject"},
    [TYPE_EVENT_REMINDER] = {.name = "event_reminder", .json_type = "string"},
    [TYPE_LAYOUT] = {.name = "layout", .json_type = "jsonobject"},
};

bool field_type_find(const char *name, enum field_type *type)
{
    for (enum field_type i = 0; i < FIELD_TYPES; i++) {
        if (strcmp(field_types[i].name, name) != 0)
            continue;
        *type = i;
        return true;
    }
    return false;
}
