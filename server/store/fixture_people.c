#include "store/fixture_sections.h"

static const struct sql add_org = {
    "INSERT INTO org (id, name, time_zone, edition, territories, scheduled_mass_update,"
    " metadata_time) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};

void load_org(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "id name time_zone edition territories scheduled_mass_update");
    const char *zone_name = may_text(node, "time_zone", "UTC");
    struct zone *zone = zone_new(zone_name);
    const struct node zone_node = node_member(node, "time_zone");
    if (zone == NULL)
        node_fail(&zone_node, "expected a time zone that this machine knows, like Asia/Kolkata");
    zone_free(zone);
    if (node->loader->org_id != 0)
        node_fail(node, "expected no second org in one folder");
    node->loader->org_id = id_or_next(node, 1);
    node_insert(node, &add_org, "itttiii", node->loader->org_id, want_text(node, "name"), zone_name,
                may_text(node, "edition", "enterprise"), (int64_t)may_flag(node, "territories", true),
                (int64_t)may_flag(node, "scheduled_mass_update", true), node->loader->source->now);
}

static const struct sql add_role = {"INSERT INTO role (id, org_id, name) VALUES (?1, ?2, ?3)"};

void load_role(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "id name reports_to");
    node_insert(node, &add_role, "iit", id_or_next(node, 1), node->loader->org_id,
                want_text(node, "name"));
}

static const struct sql role_of = {"SELECT id FROM role WHERE org_id = ?1 AND name = ?2"};

static int64_t find_role(const struct node *name)
{
    return node_find(name, "the name of a role", &role_of, "it", name->loader->org_id, node_text(name));
}

/* A role below itself would make a loop of "reports to". */
static const struct sql set_reports_to = {
    "UPDATE role SET reports_to = ?3 WHERE org_id = ?1 AND name = ?2 AND NOT EXISTS (WITH RECURSIVE"
    " above (id) AS (SELECT ?3 UNION SELECT reports_to FROM role JOIN above USING (id))"
    " SELECT 1 FROM above WHERE above.id = role.id) RETURNING id"};

void load_role_place(const struct node *node, void *context)
{
    (void)context;
    const struct node above = node_member(node, "reports_to");
    if (above.json == NULL)
        return;
    int64_t above_id = find_role(&above);
    (void)node_find(&above, "a role that is not below this one", &set_reports_to, "iti",
                    node->loader->org_id, want_text(node, "name"), above_id);
}

static const struct sql add_profile = {
    "INSERT INTO profile (id, org_id, name, administrator, schedule_mass_update, read_jobs, api_access)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};

void load_profile(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node,
                  "id name administrator schedule_mass_update read_jobs api_access modules fields");
    node_insert(node, &add_profile, "iitiiii", id_or_next(node, 1), node->loader->org_id,
                want_text(node, "name"), (int64_t)may_flag(node, "administrator", false),
                (int64_t)may_flag(node, "schedule_mass_update", true),
                (int64_t)may_flag(node, "read_jobs", true),
                (int64_t)may_flag(node, "api_access", true));
}

static const struct sql profile_of = {"SELECT id FROM profile WHERE org_id = ?1 AND name = ?2"};
static const struct sql add_user = {
    "INSERT INTO user (id, org_id, name, email, profile_id, role_id, created_time)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};

void load_user(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "id name email profile role created_time");
    const struct node profile = node_member(node, "profile"), role = node_member(node, "role");
    int64_t profile_id = node_find(&profile, "the name of a profile", &profile_of, "it",
                                   node->loader->org_id, node_text(&profile));
    node_insert(node, &add_user, "iittiii", id_or_next(node, 1), node->loader->org_id,
                want_text(node, "name"), want_text(node, "email"), profile_id, find_role(&role),
                may_time(node, "created_time", node->loader->source->now));
}

static const struct sql user_of = {"SELECT id FROM user WHERE org_id = ?1 AND email = ?2"};

int64_t find_user(const struct node *email)
{
    return node_find(email, "the email of a user", &user_of, "it", email->loader->org_id,
                     node_text(email));
}

static const struct sql add_territory = {
    "INSERT INTO territory (id, org_id, name) VALUES (?1, ?2, ?3)"};

void load_territory(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "id name parent");
    node_insert(node, &add_territory, "iit", id_or_next(node, 1), node->loader->org_id,
                want_text(node, "name"));
}

static const struct sql territory_of = {"SELECT id FROM territory WHERE org_id = ?1 AND name = ?2"};

int64_t find_territory(const struct node *name)
{
    return node_find(name, "the name of a territory", &territory_of, "it", name->loader->org_id,
                     node_text(name));
}

static const struct sql set_parent = {
    "UPDATE territory SET parent_id = ?3 WHERE org_id = ?1 AND name = ?2 AND NOT EXISTS"
    " (WITH RECURSIVE above (id) AS"
    " (SELECT ?3 UNION SELECT parent_id FROM territory JOIN above USING (id))"
    " SELECT 1 FROM above WHERE above.id = territory.id) RETURNING id"};

void load_territory_place(const struct node *node, void *context)
{
    (void)context;
    const struct node parent = node_member(node, "parent");
    if (parent.json == NULL)
        return;
    int64_t parent_id = find_territory(&parent);
    (void)node_find(&parent, "a territory that is not below this one", &set_parent, "iti",
                    node->loader->org_id, want_text(node, "name"), parent_id);
}
