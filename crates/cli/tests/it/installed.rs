//! The installed form at work: every command of its guide on a real API server, where `KUBEBUILDER_ASSETS` names one.
//!
//! There is nothing but the API server, which asks for every right. The test stands in for the rest of a cluster:
//! it starts the operator as its Deployment says, with a token of its service account, adds up aggregated roles,
//! and says that the Deployment of the example has its pods.
#![expect(clippy::disallowed_methods, reason = "programs run in real time")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::docs::{INSTALLED, commands, has_kubectl};
use crate::real::Real;
use crate::session::{PATIENCE, root};

const OPERATOR: &str = "system:serviceaccount:kro-system:kro";
/// The account that the guide has its objects made by.
const TEAM: &str = "system:serviceaccount:default:deployer";

/// A cluster with its administrator.
struct Cluster {
    real: Real,
    /// The programs of this build come first.
    path: String,
}

impl Cluster {
    /// Runs a line of a shell until it succeeds; what it prints.
    fn run(&self, line: &str) -> String {
        let start = Instant::now();
        loop {
            let out = Command::new("sh")
                .args(["-c", line])
                .current_dir(root())
                .env("KUBECONFIG", &self.real.kubeconfig)
                .env("PATH", &self.path)
                .output()
                .expect("a shell");
            let said = String::from_utf8_lossy(&out.stderr);
            if out.status.success() && !said.contains("error:") {
                return String::from_utf8(out.stdout).expect("text");
            }
            assert!(start.elapsed() < PATIENCE, "{line}: {said}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn get(&self, words: &str) -> Value {
        serde_json::from_str(&self.run(&format!("kubectl get -o json {words}"))).expect("JSON")
    }

    fn may(&self, user: &str, words: &str) -> bool {
        self.run(&format!("kubectl auth can-i {words} --as={user} || true")).trim() == "yes"
    }

    /// What the controller of aggregated roles does.
    fn aggregate(&self) {
        let roles = self.get("clusterroles -l rbac.kro.run/aggregate-to-controller=true");
        let rules = roles["items"].as_array().expect("roles").iter().map(|role| role["rules"].clone());
        let rules: Vec<Value> =
            rules.flat_map(|rules| rules.as_array().cloned().unwrap_or_default()).collect();
        self.run(&format!(
            "kubectl patch clusterrole kro-definitions --type=merge -p '{}'",
            json!({"rules": rules})
        ));
    }

    /// The operator as its Deployment starts it, but for what a pod finds in its file system.
    fn start_operator(&self, folder: &Path) -> Operator {
        let deployment = self.get("deployment kro --namespace kro-system");
        // The namespace takes only pods that are restricted.
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "kro", "namespace": "kro-system"},
            "spec": deployment["spec"]["template"]["spec"]});
        self.run(&format!("echo '{pod}' | kubectl create --dry-run=server -f -"));
        let flags = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
        let flags = flags.as_array().expect("flags").iter().map(|flag| flag.as_str().expect("text"));

        let token = self.run("kubectl create token kro --namespace kro-system");
        let config = std::fs::read_to_string(&self.real.kubeconfig).expect("a kubeconfig");
        let user = config.lines().find(|line| line.starts_with("users:")).expect("a user");
        let own = format!("users: [{{name: admin, user: {{token: \"{}\"}}}}]", token.trim());
        let kubeconfig = folder.join("kubeconfig");
        std::fs::write(&kubeconfig, config.replace(user, &own)).expect("a kubeconfig");
        let log = folder.join("log");
        let health = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
        let child = Command::new(Path::new(env!("CARGO_BIN_EXE_kro")).with_file_name("kro-operator"))
            .args(flags)
            .args(["--leader-election-namespace=kro-system", "--metrics-bind-address=0"])
            .arg(format!("--health-probe-bind-address={health}"))
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .stderr(Stdio::from(std::fs::File::create(&log).expect("a file")))
            .spawn()
            .expect("cargo build --bin kro-operator");
        Operator(child)
    }
}

/// Killed with the value.
struct Operator(Child);

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_guide_on_a_real_cluster() {
    let Some(real) = Real::start() else { return };
    assert!(has_kubectl(), "the guide needs kubectl");
    let programs = Path::new(env!("CARGO_BIN_EXE_kro")).parent().expect("a folder").display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let cluster = Cluster { real, path };
    let folder = tempfile::tempdir().expect("a folder");
    let mut operator = None;
    let guide = std::fs::read_to_string(root().join("docs/guide").join(INSTALLED)).expect("a guide");
    for command in commands(&guide) {
        cluster.run(&command);
        if command.contains("install.yaml") {
            operator = Some(cluster.start_operator(folder.path()));
            assert!(!cluster.may(OPERATOR, "create configmaps"));
        } else if command.contains("generate rbac") {
            cluster.aggregate();
        } else if command.contains("instance.yaml") {
            cluster.run(
                "kubectl patch deployment shop --subresource=status --type=merge -p \
                 '{\"status\": {\"replicas\": 3, \"updatedReplicas\": 3, \"readyReplicas\": 3, \"availableReplicas\": 3}}'",
            );
        }
    }

    for words in ["create configmaps", "delete deployments.apps"] {
        assert!(cluster.may(TEAM, words) && !cluster.may(OPERATOR, words), "{words}");
    }
    assert!(cluster.may(OPERATOR, "patch webapps.kro.run --subresource=status"));
    for words in ["get secrets", "create pods", "create clusterroles.rbac.authorization.k8s.io"] {
        assert!(!cluster.may(TEAM, words) && !cluster.may(OPERATOR, words), "{words}");
    }
    // Made anew by the account.
    cluster.run("kubectl delete configmap shop");
    cluster.run("kubectl get configmap shop");
    cluster.run("kubectl delete webapp shop");
    assert!(cluster.run("kubectl get deployment,service,configmap -l kro.run/node-id -o name").is_empty());

    let mut operator = operator.expect("the guide installs it");
    let lease = "lease controller.kro.run --namespace kro-system";
    assert_ne!(cluster.get(lease)["spec"]["holderIdentity"], "");
    cluster.run(&format!("kill -TERM {}", operator.0.id()));
    let status = operator.0.wait().expect("a child");
    let said = std::fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(status.success(), "{said}");
    assert_eq!(cluster.get(lease)["spec"]["holderIdentity"], "");
    assert!(!said.contains("forbidden"), "{said}");
}
