#include "import/documents.h"

static void clear_module(struct import_module *module)
{
    cJSON_Delete(module->module);
    cJSON_Delete(module->fields);
    cJSON_Delete(module->layouts);
    cJSON_Delete(module->views);
    cJSON_Delete(module->records);
    cJSON_Delete(module->blueprints);
}

void import_documents_clear(struct import_documents *documents)
{
    cJSON_Delete(documents->org);
    cJSON_Delete(documents->users);
    cJSON_Delete(documents->roles);
    cJSON_Delete(documents->profiles);
    cJSON_Delete(documents->territories);
    cJSON_Delete(documents->pipelines);
    for (size_t i = 0; i < documents->count; i++)
        clear_module(&documents->modules[i]);
    *documents = (struct import_documents){.org = NULL};
}
