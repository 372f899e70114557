//! The server's integration tests: one binary, a module per noun.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

mod auth_bearer;
mod auth_discovery;
mod auth_token;
mod auth_withdrawn;
mod bulk_export;
mod bulk_files;
mod cli_admin;
mod cli_dev;
mod cli_export;
mod cli_import;
mod cli_invite;
mod cli_process;
mod cli_serve;
mod cli_table;
mod cli_usage;
mod folders;
mod fuzz;
mod graph_addressing;
mod graph_batch;
mod graph_batch_group;
mod graph_blocks;
mod graph_body;
mod graph_conformance;
mod graph_deleted;
mod graph_deleted_list;
mod graph_delta;
mod graph_delta_managers;
mod graph_delta_race;
mod graph_delta_select;
mod graph_documented;
mod graph_documented_exceptions;
mod graph_documented_shape;
mod graph_front;
mod graph_invitation_end;
mod graph_invitations;
mod graph_isolation;
mod graph_json;
mod graph_links;
mod graph_me;
mod graph_organization;
mod graph_origin;
mod graph_parts;
mod graph_pending_members;
mod graph_prefer;
mod graph_property_walk;
mod graph_protocol;
mod graph_query;
mod graph_query_options;
mod graph_query_refused;
mod graph_ratchet;
mod graph_recorded;
mod graph_reference_rows;
mod graph_references;
mod graph_sponsors;
mod graph_strict;
mod graph_strict_table;
mod graph_tenancy;
mod graph_texts;
mod graph_throttle;
mod graph_times;
mod graph_users;
mod graph_users_by_name;
mod graph_users_errors;
mod graph_users_list;
mod http_bodies;
mod http_connections;
mod http_fixture;
mod keys_killed;
mod mail_brand;
mod mail_letters;
mod mail_membership;
mod mail_outbox;
mod mail_scene;
mod mail_smtp;
mod mail_worker;
mod pages_browser;
mod pages_fixture;
mod pages_gallery;
mod pages_journey;
mod pages_link;
mod pages_threats;
mod pages_ways;
mod route_samples;
mod samples;
#[path = "../../../store/tests/it/scale.rs"]
mod scale;
mod smtp_sink;
