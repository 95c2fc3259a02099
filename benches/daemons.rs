//! Daemons as people write them: some 700 bytes each, comments included.

/// The source of the daemon of this number: a service, and the worker that belongs to it.
pub(crate) fn text(index: usize) -> String {
    let port = 20_000 + index;
    format!(
        r#";; Daemon {index}: a service and the worker that belongs to it.
{{:apps [{{:name "service-{index}"
         :description "Answers on port {port}"
         :cwd "services/service-{index}"
         :script "dist/server.js"
         :args ["--port" {port} "--log-level" "info"]
         :env {{:NODE_ENV "production" :PORT {port} :GREETING "hello\n"}}
         :max-memory-restart "300M"
         :max-restarts 10
         :min-uptime "10s"
         :autorestart true}}

        ;; Starts later and is given more time to end.
        {{:name "worker-{index}"
         :cwd "services/service-{index}"
         :script "dist/worker.js"
         :instances 2
         :exec-mode "cluster"
         :kill-timeout 8000
         :restart-delay 1000
         :env {{:QUEUE "jobs-{index}"}}}}]}}
"#
    )
}

/// Where it stands below the root: a hundred of them side by side at most.
pub(crate) fn place(index: usize) -> String {
    format!("group-{}/service-{index}", index / 100)
}
