#include "store/fixture.h"

#include <string.h>

#include "store/fixture_files.h"
#include "store/fixture_ids.h"
#include "store/fixture_sections.h"

/* The members of a file, in the order in which they are loaded: what an entry names stands before it.
 * A member may come twice, where entries name each other. */
static const struct section {
    const char *name;
    node_fn *load;
    bool needs_rules; /* loaded once the metadata is in the store */
} sections[] = {
    {"roles", load_role, false},
    {"roles", load_role_place, false},
    {"profiles", load_profile, false},
    {"users", load_user, false},
    {"modules", load_module, false},
    {"modules", load_module_fields, false},
    {"fields", load_field, false},
    {"pipelines", load_pipeline, false},
    {"modules", load_module_blueprints, false},
    {"fields", load_field_blueprint, false},
    {"blueprints", load_blueprint, false},
    {"modules", load_module_layouts, false},
    {"layouts", load_layout_of, false},
    {"profiles", load_permissions, false},
    {"territories", load_territory, false},
    {"territories", load_territory_place, false},
    {"clients", load_client, false},
    {"tokens", load_token, false},
    {"views", load_view, true},
    {"workflow_rules", load_workflow_rule, true},
    {"approval_processes", load_approval_process, true},
    {"records", load_record, true},
};

static const char file_members[] =
    "extends org roles profiles users modules fields blueprints pipelines layouts"
    " territories clients tokens views workflow_rules approval_processes records";

static struct node node_of_file(struct loader *loader, const struct fixture_file *file)
{
    return (struct node){.loader = loader, .name = file->path, .json = file->json};
}

static void load_sections(struct loader *loader, const struct fixture_folder *folder, bool needs_rules)
{
    for (size_t i = 0; i < COUNT(sections); i++) {
        const struct section *section = &sections[i];
        for (size_t k = 0; k < folder->count && section->needs_rules == needs_rules; k++) {
            const struct node file = node_of_file(loader, &folder->files[k]);
            const struct node member = node_member(&file, section->name);
            node_each(&member, section->load, NULL);
            if (loader->failure != NULL)
                return;
        }
    }
}

/* The metadata as it is loaded so far, in the same transaction, for what must fit it. */
static void load_what_needs_rules(struct loader *loader, const struct fixture_folder *folder)
{
    struct orgs orgs;
    if (orgs_load(loader->db, &orgs) != STORE_OK)
        loader->failure = "the metadata cannot be read (the log says why)";
    for (size_t i = 0; i < orgs.count && loader->failure == NULL; i++)
        if (orgs.list[i].id == loader->org_id)
            loader->org = &orgs.list[i];
    if (loader->failure == NULL)
        load_sections(loader, folder, true);
    loader->org = NULL;
    orgs_clear(&orgs);
}

static void load_folder(struct loader *loader, const struct fixture_folder *folder)
{
    loader->org_id = 0;
    for (size_t i = 0; i < folder->count; i++) {
        const struct node file = node_of_file(loader, &folder->files[i]);
        node_has_only(&file, file_members);
        const struct node org = node_member(&file, "org");
        if (org.json != NULL)
            load_org(&org, NULL);
    }
    const struct node first = node_of_file(loader, &folder->files[0]);
    if (loader->org_id == 0)
        node_fail(&first, "expected an org, here or in another file of the folder");
    if (loader->failure == NULL)
        load_sections(loader, folder, false);
    if (loader->failure == NULL)
        load_what_needs_rules(loader, folder);
}

/* Ids are unique in the store whatever they name; each table has seen to its own. */
static const struct sql twice = {
    "WITH named (id) AS (SELECT id FROM org UNION ALL SELECT id FROM role UNION ALL"
    " SELECT id FROM profile UNION ALL SELECT id FROM user UNION ALL SELECT id FROM module UNION ALL"
    " SELECT id FROM field UNION ALL SELECT id FROM layout_rule UNION ALL"
    " SELECT id FROM validation_rule UNION ALL SELECT id FROM blueprint UNION ALL"
    " SELECT id FROM custom_view UNION ALL SELECT id FROM territory UNION ALL"
    " SELECT id FROM record_lock UNION ALL SELECT id FROM layout UNION ALL"
    " SELECT id FROM layout_section UNION ALL SELECT id FROM transition UNION ALL"
    " SELECT id FROM pipeline UNION ALL"
    " SELECT id FROM automation_rule)"
    " SELECT id FROM named GROUP BY id HAVING count(*) > 1 OR id IN (SELECT id FROM record)"};

static void check_ids(struct loader *loader)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(loader->db, &twice, "");
    enum store_status status = row == NULL ? STORE_FAILED : db_step(loader->db, row);
    if (status == STORE_OK)
        loader->failure = arena_printf(loader->arena, "fixtures: the id %lld is given twice",
                                       (long long)sqlite3_column_int64(row, 0));
    else if (status != STORE_NOT_FOUND)
        loader->failure = "fixtures: the ids cannot be checked (the log says why)";
}

static const struct sql note_load = {
    "INSERT INTO fixture_load (loaded_time, dates_records, source) VALUES (?1, ?2, ?3)"};

bool fixtures_load(struct store *store, const struct fixture_source *source,
                   const struct fixture_rules *rules, struct arena *arena, const char **reason)
{
    struct fixture_folders folders;
    if (!fixture_folders_read(source->folder, arena, &folders, reason)) {
        fixture_folders_clear(&folders);
        return false;
    }
    struct arena scratch = {.blocks = NULL};
    struct loader loader = {.arena = &scratch, .source = source, .rules = rules};
    loader.db = store_begin_new(store);
    if (loader.db == NULL)
        loader.failure = "the new store cannot be laid out (the log says why)";
    else if (fixture_ids_reserve(loader.db, &folders) != STORE_OK)
        loader.failure = "the ids of the fixtures cannot be kept free (the log says why)";
    for (size_t i = 0; i < folders.count && loader.failure == NULL; i++)
        load_folder(&loader, &folders.list[i]);
    if (loader.failure == NULL)
        check_ids(&loader);
    if (loader.failure == NULL && db_run(loader.db, &note_load, "iit", source->now,
                                         (int64_t)loader.dates_records, folders.digest) != STORE_OK)
        loader.failure = "the new store cannot be filled (the log says why)";
    if (loader.db != NULL && !store_end_new(loader.db, loader.failure == NULL) &&
        loader.failure == NULL)
        loader.failure = "the new store cannot be written (the log says why)";
    if (loader.failure != NULL)
        *reason = arena_strdup(arena, loader.failure);
    fixture_folders_clear(&folders);
    arena_clear(&scratch);
    return loader.failure == NULL;
}

static const struct sql loaded_source = {"SELECT source FROM fixture_load"};

bool fixtures_are_other(struct store *store, const struct fixture_source *source)
{
    struct arena arena = {.blocks = NULL};
    struct db *db = store_acquire(store);
    if (db == NULL)
        return false;
    const char *now = fixture_folders_digest(source->folder, &arena), *then = NULL;
    {
        sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &loaded_source, "");
        if (row != NULL && db_step(db, row) == STORE_OK)
            then = db_text(row, 0, &arena);
    }
    store_release(db);
    bool are_other = now == NULL || then == NULL || strcmp(now, then) != 0;
    arena_clear(&arena);
    return are_other;
}
