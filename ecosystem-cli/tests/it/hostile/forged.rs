//! Processes that carry our stamp and are not ours: any app can have any environment.

use std::fs;

use crate::support::world::{Ran, World};

use super::tree::idle;

/// Starts an app through PM2's own command line, with these variables.
fn start(world: &World, name: &str, variables: &[(&str, &str)]) -> u32 {
    let mut pm2 = world.pm2.pm2();
    pm2.args(["start", "/bin/sleep", "--name", name, "--", "1000"]).envs(variables.iter().copied());
    let _ = Ran::of(pm2.output().unwrap()).succeeds();
    world.pids()[name][0]
}

/// Who pretends to be ours is treated as ours, and reaches nobody else with it: neither a process of another name or
/// number, nor a folder that its stamp names.
#[test]
fn a_forged_stamp_reaches_its_own_process_alone() {
    let world = World::new();
    world.daemon("kept", &idle("kept"));
    world.command(&["sync", "--patience", "0"]).succeeds();
    // What a daemon beside the root would have, and one at an absolute path.
    let beside = world.base().join("beside/dist");
    fs::create_dir_all(&beside).unwrap();
    let generated = world.root().join("kept/dist/ecosystem.config.mjs");
    fs::copy(&generated, beside.join("ecosystem.config.mjs")).unwrap();

    let bystander = start(&world, "bystander", &[]);
    let owner = world.root().to_str().unwrap().to_owned();
    let absolute = world.base().join("beside").to_str().unwrap().to_owned();
    let stamp = |source: &str, name: &str, more: &[(&str, &str)]| {
        let mut variables = vec![
            ("ECOSYSTEM_OWNER", owner.as_str()),
            ("ECOSYSTEM_SOURCE", source),
            ("ECOSYSTEM_DIGEST", "0"),
        ];
        variables.extend(more);
        start(&world, name, &variables)
    };
    stamp("../beside", "climbs", &[]);
    stamp(&absolute, "absolute", &[]);
    // Says that it is the bystander, and that it is somebody's whose pid it knows.
    stamp("kept", "pretends", &[("unique_id", "x"), ("PM2_PROCESS_NAME", "bystander")]);
    let kept = world.pids()["kept"].clone();

    let plan = world.command(&["plan", "--allow-mass-delete"]).succeeds();
    assert!(!plan.contains("- bystander") && !plan.contains("- kept"), "{plan}");
    let said = world.command(&["sync", "--allow-mass-delete", "--patience", "0"]).output();
    let pids = world.pids();
    assert_eq!(pids.keys().collect::<Vec<_>>(), ["bystander", "kept"], "{said}");
    assert_eq!((&pids["bystander"], &pids["kept"]), (&vec![bystander], &kept), "{said}");
    assert!(beside.join("ecosystem.config.mjs").exists(), "{said}");
    assert!(generated.exists());
    world.nothing_to_do();
}
