/* The service's field data types: what each is called, and whether a mass update may ever touch it. */
#ifndef CRMOCK_STORE_FIELD_TYPE_H
#define CRMOCK_STORE_FIELD_TYPE_H

#include <stdbool.h>

#include "base/attrs.h"

enum field_type {
    TYPE_TEXT,
    TYPE_TEXTAREA,
    TYPE_RICH_TEXT,
    TYPE_PICKLIST,
    TYPE_MULTISELECT,
    TYPE_BOOLEAN,
    TYPE_INTEGER,
    TYPE_BIGINT,
    TYPE_DOUBLE,
    TYPE_CURRENCY,
    TYPE_PERCENT,
    TYPE_DECIMAL,
    TYPE_DATE,
    TYPE_DATETIME,
    TYPE_PHONE,
    TYPE_WEBSITE,
    TYPE_EMAIL,
    TYPE_LOOKUP,
    TYPE_OWNER_LOOKUP,
    TYPE_USER_LOOKUP,
    TYPE_MULTISELECT_LOOKUP,
    TYPE_AUTONUMBER,
    TYPE_FORMULA,
    TYPE_ROLLUP_SUMMARY,
    TYPE_SUBFORM,
    TYPE_FILE_UPLOAD,
    TYPE_IMAGE_UPLOAD,
    TYPE_PROFILE_IMAGE,
    TYPE_RRULE,
    TYPE_EVENT_REMINDER,
    TYPE_LAYOUT,
    FIELD_TYPES
};

struct field_type_info {
    const char *name;      /* as in the field metadata */
    const char *json_type; /* likewise */
    const char *expected;  /* how a refusal calls what it takes (F2) */
    const char *pattern;   /* that its texts fit, as PCRE writes it; NULL: they may be anything */
    bool mass_updatable;   /* false: by its type never, whatever the metadata says */
    bool has_values;       /* a picklist of some kind */
    bool is_reference;     /* an object with the id of a record, user or layout, or the id alone */
    bool has_lookup;       /* it refers to records of a module, which its field names */
    int default_length;    /* characters or digits, 0 where length has no meaning */
    int most_length;       /* the greatest that a field's may be, and its bound when it has none */
    int v2_length;         /* told with `expected` in v2, 0: nothing is */
};

/* What a field keeps whose value is a list or an object. */
enum { FIELD_MEMBERS_MAX = 200, FIELD_JSON_MAX = 64 * 1024 };

extern const struct field_type_info field_types[FIELD_TYPES];

/* Finds a type by its name; false when the service has none of that name. */
MUSTCHECK bool field_type_find(const char *name, enum field_type *type);

#endif
