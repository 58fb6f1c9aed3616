#include "store/field_type.h"

#include <string.h>

const struct field_type_info field_types[FIELD_TYPES] = {
    [TYPE_TEXT] = {.name = "text", .mass_updatable = true, .default_length = 255},
    [TYPE_TEXTAREA] = {.name = "textarea", .default_length = 32000},
    [TYPE_RICH_TEXT] = {.name = "rich_text", .default_length = 50000},
    [TYPE_PICKLIST] = {.name = "picklist",
                       .mass_updatable = true,
                       .has_values = true,
                       .default_length = 120},
    [TYPE_MULTISELECT] = {.name = "multiselectpicklist",
                          .mass_updatable = true,
                          .has_values = true,
                          .default_length = 2000},
    [TYPE_BOOLEAN] = {.name = "boolean", .mass_updatable = true},
    [TYPE_INTEGER] = {.name = "integer", .mass_updatable = true, .default_length = 9},
    [TYPE_BIGINT] = {.name = "bigint", .mass_updatable = true, .default_length = 18},
    [TYPE_DOUBLE] = {.name = "double", .mass_updatable = true, .default_length = 16},
    [TYPE_CURRENCY] = {.name = "currency", .mass_updatable = true, .default_length = 16},
    [TYPE_PERCENT] = {.name = "percent", .mass_updatable = true, .default_length = 5},
    [TYPE_DECIMAL] = {.name = "decimal", .mass_updatable = true, .default_length = 16},
    [TYPE_DATE] = {.name = "date", .mass_updatable = true},
    [TYPE_DATETIME] = {.name = "datetime", .mass_updatable = true},
    [TYPE_PHONE] = {.name = "phone", .mass_updatable = true, .default_length = 30},
    [TYPE_WEBSITE] = {.name = "website", .mass_updatable = true, .default_length = 450},
    [TYPE_EMAIL] = {.name = "email", .default_length = 100},
    [TYPE_LOOKUP] = {.name = "lookup"},
    [TYPE_OWNER_LOOKUP] = {.name = "ownerlookup"},
    [TYPE_USER_LOOKUP] = {.name = "userlookup"},
    [TYPE_MULTISELECT_LOOKUP] = {.name = "multiselectlookup"},
    [TYPE_AUTONUMBER] = {.name = "autonumber"},
    [TYPE_FORMULA] = {.name = "formula"},
    [TYPE_ROLLUP_SUMMARY] = {.name = "rollup_summary"},
    [TYPE_SUBFORM] = {.name = "subform"},
    [TYPE_FILE_UPLOAD] = {.name = "fileupload"},
    [TYPE_IMAGE_UPLOAD] = {.name = "imageupload"},
    [TYPE_PROFILE_IMAGE] = {.name = "profileimage"},
    [TYPE_RRULE] = {.name = "RRULE"},
    [TYPE_EVENT_REMINDER] = {.name = "event_reminder"},
    [TYPE_LAYOUT] = {.name = "layout"},
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
