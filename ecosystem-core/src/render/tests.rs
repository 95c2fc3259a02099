#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
use super::*;
use crate::model::{App, AppName, Daemon, EnvValue, InheritEnv};
use serde_json::json;

#[test]
fn shows() {
    let app = App {
        name: AppName::new("web"),
        script: "a.js".into(),
        settings: Default::default(),
        env: [("A b".to_owned(), EnvValue::Integer(1))].into(),
        env_blocks: Default::default(),
        env_files: vec![".env".into()],
        inherit_env: InheritEnv::default(),
        description: Some("x\ny".into()),
    };
    let daemon = Daemon {
        id: DaemonId::new("services/web"),
        apps: vec![app.clone(), App { env_files: vec![], ..app }],
        deploy: Some(json!({"a": {"b": [1, "x"]}})),
    };
    let by = GeneratedBy { version: "0.1.0".into(), time: "T".into(), layout: Layout::default() };
    println!("{}", render(&daemon, &by));
    println!("{}", render_aggregate([&daemon.id], "", &by));
    assert!(inspect(&render(&daemon, &by)).unwrap().intact);
}
