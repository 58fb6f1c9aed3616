-- The store of crmock. Embedded in the binary; user_version names this layout, and a store of
-- another version is refused at start. Times are seconds since 1970 (UTC). Ids are the service's:
-- 64 bits, unique in the store whatever they name.

PRAGMA user_version = 7;
PRAGMA application_id = 0x43524d4b; -- "CRMK": a store of crmock

-- One customer's CRM. A store may hold several; nothing of one is seen from another.
CREATE TABLE org (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    edition TEXT NOT NULL,
    territories INTEGER NOT NULL CHECK (territories IN (0, 1)),
    scheduled_mass_update INTEGER NOT NULL CHECK (scheduled_mass_update IN (0, 1)),
    metadata_time INTEGER NOT NULL -- when its modules, fields and the like were last changed
) STRICT;

-- When the fixtures were loaded, one row; whether records took that time for want of one of their own; and
-- from what: the SHA-256 of the files' names and bytes, or "built-in".
CREATE TABLE fixture_load (
    loaded_time INTEGER NOT NULL,
    source TEXT NOT NULL,
    dates_records INTEGER NOT NULL CHECK (dates_records IN (0, 1))
) STRICT;

-- Ids that fixtures have given, from the first one that the sequence would give on: ranges of which none
-- touches another.
CREATE TABLE id_reserved (
    first_id INTEGER PRIMARY KEY,
    last_id INTEGER NOT NULL CHECK (last_id >= first_id)
) STRICT;

-- The next id to give away, one row; free_before begins the next range that is reserved, or is the last id
-- that there is.
CREATE TABLE id_sequence (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    next_id INTEGER NOT NULL CHECK (next_id > 0),
    free_before INTEGER NOT NULL CHECK (free_before >= next_id)
) STRICT;
INSERT INTO id_sequence (only, next_id, free_before) VALUES (1, 554023000001000001, 9223372036854775807);

-- The tree of roles: a user sees the records of everyone who reports to his role.
CREATE TABLE role (
    id INTEGER PRIMARY KEY,
    org_id INTEGER NOT NULL REFERENCES org (id),
    name TEXT NOT NULL,
    reports_to INTEGER REFERENCES role (id),
    UNIQUE (org_id, name)
) STRICT;

-- What kinds of user may do.
CREATE TABLE profile (
    id INTEGER PRIMARY KEY,
    org_id INTEGER NOT NULL REFERENCES org (id),
    name TEXT NOT NULL,
    administrator INTEGER NOT NULL CHECK (administrator IN (0, 1)),
    schedule_mass_update INTEGER NOT NULL CHECK (schedule_mass_update IN (0, 1)),
    read_jobs INTEGER NOT NULL CHECK (read_jobs IN (0, 1)),
    api_access INTEGER NOT NULL CHECK (api_access IN (0, 1)),
    UNIQUE (org_id, name)
) STRICT;

-- People, each with one profile and one role.
CREATE TABLE user (
    id INTEGER PRIMARY KEY,
    org_id INTEGER NOT NULL REFERENCES org (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    profile_id INTEGER NOT NULL REFERENCES profile (id),
    role_id INTEGER NOT NULL REFERENCES role (id),
    created_time INTEGER NOT NULL
) STRICT;

-- Applications registered with the OAuth server. A client with a user may log in as itself, for him. A login in
-- the browser ends at an address of oauth_redirect, or where `loopback` says so at any of this machine.
CREATE TABLE oauth_client (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    user_id INTEGER REFERENCES user (id),
    loopback INTEGER NOT NULL DEFAULT 1 CHECK (loopback IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Addresses to which a client has browsers sent with a code.
CREATE TABLE oauth_redirect (
    client_id TEXT NOT NULL REFERENCES oauth_client (id),
    uri TEXT NOT NULL,
    PRIMARY KEY (client_id, uri)
) STRICT, WITHOUT ROWID;

-- Access tokens, refresh tokens, and authorization codes, which are good once; expires_at, in milliseconds,
-- is NULL for one that never expires; expires_after is how long after the load a token of fixtures does,
-- when they say it so. What a refresh token issued goes with it when it is revoked. A code that came from a
-- login in the browser is good with its redirect_uri only, and for a refresh token as well where the login was
-- offline.
CREATE TABLE oauth_token (
    token TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh', 'code')),
    client_id TEXT NOT NULL REFERENCES oauth_client (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    scopes TEXT NOT NULL,
    expires_at INTEGER,
    expires_after INTEGER CHECK (expires_after >= 0),
    issued_by TEXT REFERENCES oauth_token (token),
    redirect_uri TEXT,
    offline INTEGER NOT NULL DEFAULT 1 CHECK (offline IN (0, 1)),
    revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Kinds of record. `sharing` is the org-wide default of who sees and edits other people's records.
CREATE TABLE module (
    id INTEGER PRIMARY KEY,
    org_id INTEGER NOT NULL REFERENCES org (id),
    api_name TEXT NOT NULL COLLATE NOCASE,
    singular TEXT NOT NULL,
    plural TEXT NOT NULL,
    custom INTEGER NOT NULL CHECK (custom IN (0, 1)),
    territories INTEGER NOT NULL CHECK (territories IN (0, 1)),
    sharing TEXT NOT NULL CHECK (sharing IN ('private', 'public_read', 'public_read_write')),
    mass_update_fields INTEGER NOT NULL CHECK (mass_update_fields BETWEEN 1 AND 3), -- that a call may set
    part_of INTEGER REFERENCES module (id), -- Tasks is part of Activities, which shows its records
    UNIQUE (org_id, api_name)
) STRICT;

-- What a profile may do in a module; a module without a row is closed to it.
CREATE TABLE profile_module (
    profile_id INTEGER NOT NULL REFERENCES profile (id),
    module_id INTEGER NOT NULL REFERENCES module (id),
    can_read INTEGER NOT NULL CHECK (can_read IN (0, 1)),
    can_write INTEGER NOT NULL CHECK (can_write IN (0, 1)),
    can_mass_update INTEGER NOT NULL CHECK (can_mass_update IN (0, 1)),
    PRIMARY KEY (profile_id, module_id)
) STRICT, WITHOUT ROWID;

-- The fields of a module; `mass_update` decides whether the API may change it, `scheduled_mass_update` whether
-- a call by view may, too.
CREATE TABLE field (
    id INTEGER PRIMARY KEY,
    module_id INTEGER NOT NULL REFERENCES module (id),
    position INTEGER NOT NULL,
    api_name TEXT NOT NULL,
    label TEXT NOT NULL,
    data_type TEXT NOT NULL,
    length INTEGER CHECK (length > 0),
    decimals INTEGER CHECK (decimals >= 0),
    mass_update INTEGER NOT NULL CHECK (mass_update IN (0, 1)),
    scheduled_mass_update INTEGER NOT NULL CHECK (scheduled_mass_update IN (0, 1)),
    visible INTEGER NOT NULL CHECK (visible IN (0, 1)),
    read_only INTEGER NOT NULL CHECK (read_only IN (0, 1)),
    system_mandatory INTEGER NOT NULL CHECK (system_mandatory IN (0, 1)),
    is_unique INTEGER NOT NULL CHECK (is_unique IN (0, 1)),
    custom INTEGER NOT NULL CHECK (custom IN (0, 1)),
    lookup_module TEXT, -- whose records it refers to; of a subform, whose records are its line items
    linking_module TEXT, -- of a multi-select lookup: whose records are its links
    none_id INTEGER, -- of a picklist: the id of its empty choice, -None-, where that is none of its values
    UNIQUE (module_id, api_name)
) STRICT;
CREATE INDEX field_of_none_id ON field (none_id) WHERE none_id IS NOT NULL;

-- The values that a picklist or multi-select picklist offers, in order.
CREATE TABLE picklist_value (
    id INTEGER PRIMARY KEY,
    field_id INTEGER NOT NULL REFERENCES field (id),
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (field_id, position),
    UNIQUE (field_id, value)
) STRICT;

-- Fields that a profile may not edit, or not see; without a row it may do both.
CREATE TABLE profile_field (
    profile_id INTEGER NOT NULL REFERENCES profile (id),
    field_id INTEGER NOT NULL REFERENCES field (id),
    access TEXT NOT NULL CHECK (access IN ('read_only', 'hidden')),
    PRIMARY KEY (profile_id, field_id)
) STRICT, WITHOUT ROWID;

-- Rules that change a page's layout when their primary field changes.
CREATE TABLE layout_rule (
    id INTEGER PRIMARY KEY,
    field_id INTEGER NOT NULL REFERENCES field (id),
    name TEXT NOT NULL
) STRICT;

-- Rules that check a record when their primary field changes.
CREATE TABLE validation_rule (
    id INTEGER PRIMARY KEY,
    field_id INTEGER NOT NULL REFERENCES field (id),
    name TEXT NOT NULL
) STRICT;

-- Processes that govern one picklist of a module, whose values are their states.
CREATE TABLE blueprint (
    id INTEGER PRIMARY KEY,
    field_id INTEGER NOT NULL REFERENCES field (id),
    name TEXT NOT NULL
) STRICT;

-- The values with which a record that a client writes enters a blueprint.
CREATE TABLE blueprint_start (
    blueprint_id INTEGER NOT NULL REFERENCES blueprint (id),
    value TEXT NOT NULL,
    PRIMARY KEY (blueprint_id, value)
) STRICT, WITHOUT ROWID;

-- Ways from one state of a blueprint to another; a state from which none leads ends it.
CREATE TABLE transition (
    id INTEGER PRIMARY KEY,
    blueprint_id INTEGER NOT NULL REFERENCES blueprint (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    next_value TEXT NOT NULL,
    UNIQUE (blueprint_id, name)
) STRICT;

-- The states from which a transition leads; every one but its own goal, when it has no row.
CREATE TABLE transition_from (
    transition_id INTEGER NOT NULL REFERENCES transition (id),
    value TEXT NOT NULL,
    PRIMARY KEY (transition_id, value)
) STRICT, WITHOUT ROWID;

-- The fields that a transition asks for; it is performed when the record has those that are mandatory.
CREATE TABLE transition_field (
    transition_id INTEGER NOT NULL REFERENCES transition (id),
    field_id INTEGER NOT NULL REFERENCES field (id),
    position INTEGER NOT NULL,
    mandatory INTEGER NOT NULL CHECK (mandatory IN (0, 1)),
    PRIMARY KEY (transition_id, field_id)
) STRICT, WITHOUT ROWID;

-- What happens by itself when a record is changed: workflow rules, whose actions stand in rule_action, and
-- approval processes, which put the record up for approval. A NULL field_id stands for any change, a NULL criteria
-- for any record.
CREATE TABLE automation_rule (
    id INTEGER PRIMARY KEY,
    module_id INTEGER NOT NULL REFERENCES module (id),
    kind TEXT NOT NULL CHECK (kind IN ('workflow', 'approval')),
    name TEXT NOT NULL,
    field_id INTEGER REFERENCES field (id),
    criteria TEXT CHECK (criteria IS NULL OR json_valid(criteria)),
    UNIQUE (module_id, kind, name)
) STRICT;

-- What a workflow rule does: sets a field to a value (JSON), or calls a URL.
CREATE TABLE rule_action (
    rule_id INTEGER NOT NULL REFERENCES automation_rule (id),
    position INTEGER NOT NULL,
    field_id INTEGER REFERENCES field (id),
    value TEXT CHECK (value IS NULL OR json_valid(value)),
    url TEXT,
    PRIMARY KEY (rule_id, position),
    CHECK ((field_id IS NULL) = (value IS NULL) AND (field_id IS NULL) <> (url IS NULL))
) STRICT, WITHOUT ROWID;

-- Ways that the records of a module (Deals) go: which of its stages, the values of its picklist Stage, they pass.
-- A record's way is its value of Pipeline; the first of its layout's when it has none.
CREATE TABLE pipeline (
    id INTEGER PRIMARY KEY,
    module_id INTEGER NOT NULL REFERENCES module (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (module_id, name)
) STRICT;

-- The stages of a pipeline, in order.
CREATE TABLE pipeline_stage (
    pipeline_id INTEGER NOT NULL REFERENCES pipeline (id),
    value_id INTEGER NOT NULL REFERENCES picklist_value (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (pipeline_id, value_id)
) STRICT, WITHOUT ROWID;

-- Pages on which records of a module are shown, and made. A record is on one: the first when it names none.
CREATE TABLE layout (
    id INTEGER PRIMARY KEY,
    module_id INTEGER NOT NULL REFERENCES module (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (module_id, name)
) STRICT;

-- The parts of a layout. One that has no row in layout_field shows the fields that no other of them shows.
CREATE TABLE layout_section (
    id INTEGER PRIMARY KEY,
    layout_id INTEGER NOT NULL REFERENCES layout (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (layout_id, name)
) STRICT;

-- The fields of a section, in order; a layout shows a field once.
CREATE TABLE layout_field (
    layout_id INTEGER NOT NULL REFERENCES layout (id),
    field_id INTEGER NOT NULL REFERENCES field (id),
    section_id INTEGER NOT NULL REFERENCES layout_section (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (layout_id, field_id)
) STRICT, WITHOUT ROWID;

-- The pipelines of a layout, in order; every one of its module, when it has no row.
CREATE TABLE layout_pipeline (
    layout_id INTEGER NOT NULL REFERENCES layout (id),
    pipeline_id INTEGER NOT NULL REFERENCES pipeline (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (layout_id, pipeline_id)
) STRICT, WITHOUT ROWID;

-- The values of a picklist that a layout has; every one, when it has none of the field's.
CREATE TABLE layout_value (
    layout_id INTEGER NOT NULL REFERENCES layout (id),
    value_id INTEGER NOT NULL REFERENCES picklist_value (id),
    PRIMARY KEY (layout_id, value_id)
) STRICT, WITHOUT ROWID;

-- Saved filters; a NULL criteria selects every record of the module.
CREATE TABLE custom_view (
    id INTEGER PRIMARY KEY,
    module_id INTEGER NOT NULL REFERENCES module (id),
    name TEXT NOT NULL,
    criteria TEXT CHECK (criteria IS NULL OR json_valid(criteria)),
    everyone INTEGER NOT NULL CHECK (everyone IN (0, 1))
) STRICT;

-- Who may use a view that is not open to everyone; administrators need no row.
CREATE TABLE custom_view_user (
    view_id INTEGER NOT NULL REFERENCES custom_view (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    PRIMARY KEY (view_id, user_id)
) STRICT, WITHOUT ROWID;

-- The tree of territories.
CREATE TABLE territory (
    id INTEGER PRIMARY KEY,
    org_id INTEGER NOT NULL REFERENCES org (id),
    name TEXT NOT NULL,
    parent_id INTEGER REFERENCES territory (id),
    UNIQUE (org_id, name)
) STRICT;

-- Locks: a locked record is changed by nobody. locked_by is NULL for a lock that a rule of the org set,
-- which nobody takes off by hand.
CREATE TABLE record_lock (
    id INTEGER PRIMARY KEY,
    locked_by INTEGER REFERENCES user (id),
    locked_time INTEGER NOT NULL,
    reason TEXT
) STRICT;

-- Records. `fields` is a JSON object of the values by API name; system fields and states are columns.
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    module_id INTEGER NOT NULL REFERENCES module (id),
    owner_id INTEGER NOT NULL REFERENCES user (id),
    created_by INTEGER NOT NULL REFERENCES user (id),
    modified_by INTEGER NOT NULL, -- a user; unchecked, for the check would be a fifth of a job's time
    created_time INTEGER NOT NULL,
    modified_time INTEGER NOT NULL,
    converted INTEGER NOT NULL DEFAULT 0 CHECK (converted IN (0, 1)),
    lock_id INTEGER REFERENCES record_lock (id),
    stop_processing INTEGER NOT NULL DEFAULT 0 CHECK (stop_processing IN (0, 1)),
    busy_with TEXT CHECK (busy_with IN ('image_validation', 'duplicate_merge')),
    image_review TEXT CHECK (image_review IN ('rejected', 'in_approval')),
    approval TEXT CHECK (approval IN ('waiting', 'approved', 'rejected')),
    blueprint_id INTEGER REFERENCES blueprint (id),
    layout_id INTEGER REFERENCES layout (id),
    fault INTEGER NOT NULL DEFAULT 0 CHECK (fault IN (0, 1)), -- touching it breaks the server (E23)
    fields TEXT NOT NULL
) STRICT;
CREATE INDEX record_of_module ON record (module_id);
CREATE UNIQUE INDEX record_of_lock ON record (lock_id) WHERE lock_id IS NOT NULL;

-- The territories that a record is in.
CREATE TABLE record_territory (
    territory_id INTEGER NOT NULL REFERENCES territory (id),
    record_id INTEGER NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    PRIMARY KEY (territory_id, record_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX territory_of_record ON record_territory (record_id);

-- Users with whom a record is shared for editing, beyond its owner and the roles above him.
CREATE TABLE record_share (
    record_id INTEGER NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES user (id),
    PRIMARY KEY (record_id, user_id)
) STRICT, WITHOUT ROWID;

-- Scheduled mass updates. total = updated + failed + what has not been tried yet, in every state.
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    module_id INTEGER NOT NULL REFERENCES module (id),
    view_id INTEGER NOT NULL REFERENCES custom_view (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    status TEXT NOT NULL CHECK (status IN ('SCHEDULED', 'RUNNING', 'SUSPENDED', 'COMPLETED', 'FAILED')),
    changes TEXT NOT NULL CHECK (json_valid(changes)), -- {"over_write": bool, "trigger": [...], "fields": {...}}
    scheduled_time INTEGER NOT NULL,
    waits_since INTEGER NOT NULL, -- the same in milliseconds, by the machine's clock
    started_time INTEGER,         -- when it was RUNNING for the first time
    ended_time INTEGER,
    total INTEGER NOT NULL CHECK (total >= 0),
    updated INTEGER NOT NULL DEFAULT 0 CHECK (updated >= 0),
    failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    last_record INTEGER NOT NULL DEFAULT 0, -- records are taken in the order of their ids
    released INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1)), -- no policy holds it
    polls INTEGER NOT NULL DEFAULT 0 CHECK (polls >= 0), -- how often a client was told how it is, where that counts
    reason TEXT, -- why the job was given up, when it was
    CHECK (updated + failed <= total)
) STRICT;
CREATE INDEX job_unfinished ON job (id, view_id) WHERE status IN ('SCHEDULED', 'RUNNING', 'SUSPENDED');

-- The records of a job, fixed when it was scheduled; a record deleted since keeps its row.
CREATE TABLE job_record (
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    record_id INTEGER NOT NULL,
    PRIMARY KEY (job_id, record_id)
) STRICT, WITHOUT ROWID;

-- Those of them that were refused, and by which row of the catalogue; or "deleted".
CREATE TABLE job_refusal (
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    record_id INTEGER NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (job_id, record_id)
) STRICT, WITHOUT ROWID;

-- Each time that a rule of automation_rule, or a blueprint, has done something to a record.
CREATE TABLE automation_firing (
    id INTEGER PRIMARY KEY,
    rule_id INTEGER NOT NULL,
    record_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES user (id),
    fired_time INTEGER NOT NULL
) STRICT;

-- Calls of webhooks, by ids that none has had before. `created`, and `due`, when the next try may be made, are in
-- milliseconds by the machine's clock.
CREATE TABLE webhook_delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule_id INTEGER NOT NULL REFERENCES automation_rule (id),
    module_id INTEGER NOT NULL REFERENCES module (id), -- the record's
    record_id INTEGER NOT NULL,
    url TEXT NOT NULL,
    body TEXT NOT NULL CHECK (json_valid(body)),
    status TEXT NOT NULL CHECK (status IN ('WAITING', 'DELIVERED', 'GIVEN_UP')),
    tries INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    due INTEGER NOT NULL,
    http_status INTEGER, -- the last answer's
    reason TEXT          -- why the last try failed
) STRICT;
CREATE INDEX delivery_waiting ON webhook_delivery (url, due) WHERE status = 'WAITING';
