"""What a program with the official Python client sees. KUBECONFIG names the server; every answer is printed."""

import json
import threading

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException


def show(title, value):
    plain = client.ApiClient().sanitize_for_serialization(value)
    print(f"\n## {title}\n{json.dumps(plain, indent=1, sort_keys=True)}")


def refused(title, call):
    try:
        show(title, call())
    except ApiException as error:
        show(f"{title}: {error.status} {error.reason}", json.loads(error.body))


config.load_kube_config()
core, apps, custom = client.CoreV1Api(), client.AppsV1Api(), client.CustomObjectsApi()
extensions = client.ApiextensionsV1Api()
name = "python"

show("version", {"major": client.VersionApi().get_code().major})
show("namespace", core.create_namespace({"metadata": {"name": name}}))

# Typed kinds: a watch runs beside the writes, from the revision of the first list.
revision = core.list_namespaced_config_map(name).metadata.resource_version
seen = []


def follow():
    events = watch.Watch()
    for event in events.stream(core.list_namespaced_config_map, name, resource_version=revision, timeout_seconds=20):
        seen.append((event["type"], event["object"].metadata.name, event["object"].data))
        if event["type"] == "DELETED":
            events.stop()


follower = threading.Thread(target=follow)
follower.start()
created = core.create_namespaced_config_map(name, client.V1ConfigMap(metadata=client.V1ObjectMeta(name="a"), data={"k": "1"}))
show("created", created)
created.data["k"] = "2"
show("replaced", core.replace_namespaced_config_map("a", name, created))
created.data["k"] = "3"
refused("replaced with a stale version", lambda: core.replace_namespaced_config_map("a", name, created))
show("patched", core.patch_namespaced_config_map("a", name, {"data": {"l": "4"}}))
refused("created again", lambda: core.create_namespaced_config_map(name, {"metadata": {"name": "a"}}))
refused("not found", lambda: core.read_namespaced_config_map("absent", name))
refused("invalid", lambda: core.create_namespaced_config_map(name, {"metadata": {"name": "Not_A_Name"}}))
show("deleted", core.delete_namespaced_config_map("a", name))
follower.join(30)
show("watched", seen)

deployment = {
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}
show("deployment", apps.create_namespaced_deployment(name, deployment))
show("scale", apps.patch_namespaced_deployment_scale("web", name, {"spec": {"replicas": 3}}))
show("status", apps.patch_namespaced_deployment_status("web", name, {"status": {"replicas": 3}}).status)
show("pages", [
    len(page.items)
    for page in [core.list_namespace(limit=2), core.list_namespace(limit=2, _continue=core.list_namespace(limit=2).metadata._continue)]
])
refused("a bad selector", lambda: core.list_namespaced_pod(name, label_selector="a in ("))
refused("dry run", lambda: core.create_namespaced_config_map(name, {"metadata": {"name": "dry"}}, dry_run="All"))

# A custom kind through the untyped interfaces.
definition = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "snakes.python.example.com"},
    "spec": {
        "group": "python.example.com",
        "scope": "Namespaced",
        "names": {"plural": "snakes", "singular": "snake", "kind": "Snake"},
        "versions": [{
            "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "properties": {"length": {"type": "integer", "maximum": 9, "default": 1}}},
                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            }}},
        }],
    },
}
extensions.create_custom_resource_definition(definition)
for event in watch.Watch().stream(extensions.list_custom_resource_definition, timeout_seconds=20):
    conditions = event["object"].status.conditions or []
    if event["object"].metadata.name.startswith("snakes") and any(c.type == "Established" and c.status == "True" for c in conditions):
        break

place = ("python.example.com", "v1", name, "snakes")
snake = {"apiVersion": "python.example.com/v1", "kind": "Snake", "metadata": {"name": "kaa"}, "spec": {}}
show("snake", custom.create_namespaced_custom_object(*place, snake))
refused("a long snake", lambda: custom.patch_namespaced_custom_object(*place, "kaa", {"spec": {"length": 10}}))
refused("a snake with legs", lambda: custom.create_namespaced_custom_object(
    *place, {**snake, "metadata": {"name": "legs"}, "spec": {"legs": 2}}, field_validation="Strict"))
show("status of the snake", custom.patch_namespaced_custom_object_status(*place, "kaa", {"status": {"mood": "fine"}}))

cluster = dynamic.DynamicClient(client.ApiClient())
snakes = cluster.resources.get(api_version="python.example.com/v1", kind="Snake")
snake = {**snake, "metadata": {"name": "nag"}, "spec": {"length": 3}}
applied = snakes.server_side_apply(body=snake, namespace=name, field_manager="one")
show("applied", applied.to_dict())
snake["spec"] = {"length": 4}
refused("applied by another", lambda: snakes.server_side_apply(body=snake, namespace=name, field_manager="two").to_dict())
show("forced", snakes.server_side_apply(body=snake, namespace=name, field_manager="two", force_conflicts=True).to_dict())
show("listed", snakes.get(namespace=name).to_dict())
show("deleted snake", snakes.delete(name="nag", namespace=name).to_dict())

utils.create_from_dict(client.ApiClient(), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "svc"}, "spec": {"clusterIP": "10.0.0.90", "ports": [{"port": 80}]}}, namespace=name)
show("service", core.read_namespaced_service("svc", name))
show("collection", core.delete_collection_namespaced_config_map(name).metadata)
review = client.V1SelfSubjectAccessReview(spec={"resourceAttributes": {"verb": "get", "resource": "pods"}})
show("allowed", client.AuthorizationV1Api().create_self_subject_access_review(review).status)
show("groups", sorted(group.name for group in client.ApisApi().get_api_versions().groups))
