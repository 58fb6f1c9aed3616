/* A filter over a module's records: comparisons, joined by groups. Built by the crm room from JSON,
 * turned into SQL by the selection. */
#ifndef CRMOCK_STORE_CRITERIA_H
#define CRMOCK_STORE_CRITERIA_H

#include "store/org.h"

enum comparator {
    CMP_EQUAL,
    CMP_NOT_EQUAL,
    CMP_IN,
    CMP_NOT_IN,
    CMP_LESS_THAN,
    CMP_LESS_EQUAL,
    CMP_GREATER_THAN,
    CMP_GREATER_EQUAL,
    CMP_CONTAINS,
    CMP_NOT_CONTAINS,
    CMP_STARTS_WITH,
    CMP_ENDS_WITH,
    CMP_BETWEEN,
    CMP_NOT_BETWEEN,
    COMPARATORS
};

/* What a field's values are compared as. */
enum compare_kind { COMPARE_TEXT, COMPARE_NUMBER, COMPARE_TIME, COMPARE_ID, COMPARE_SET };

enum operand_kind { OPERAND_EMPTY, OPERAND_TEXT, OPERAND_INTEGER, OPERAND_REAL };

struct operand {
    enum operand_kind kind;
    const char *text;
    int64_t integer; /* ids, booleans, whole numbers, times in seconds */
    double real;
};

struct criteria {
    /* A group: `count` members of which every one (or, with `any`, one) must hold. */
    bool is_group, any;
    const struct criteria **members;
    size_t count;
    /* A comparison. */
    const struct field *field;
    enum comparator comparator;
    enum compare_kind kind;
    const struct operand *operands;
    size_t operand_count; /* 2 for between, any number for in, equal and contains, else 1 */
};

#endif
