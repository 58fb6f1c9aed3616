#include "base/json_size.h"

#include <stdbool.h>
#include <string.h>

static size_t text_size(const char *text)
{
    size_t size = 2;
    for (; *text != '\0'; text++) {
        bool is_short = strchr("\"\\\b\f\n\r\t", *text) != NULL;
        size += is_short ? 2 : (unsigned char)*text < ' ' ? sizeof "\\u0000" - 1 : 1;
    }
    return size;
}

size_t json_size(const cJSON *item)
{
    if (cJSON_IsString(item))
        return text_size(item->valuestring);
    if (cJSON_IsNumber(item))
        return strlen(item->valuestring);
    if (!cJSON_IsArray(item) && !cJSON_IsObject(item))
        return cJSON_IsFalse(item) ? sizeof "false" - 1 : sizeof "true" - 1; /* or null */
    size_t size = 2;
    const cJSON *member;
    cJSON_ArrayForEach (member, item) {
        size += json_size(member) + (member->next != NULL);
        size += cJSON_IsObject(item) ? text_size(member->string) + 1 : 0;
    }
    return size;
}
