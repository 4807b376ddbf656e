#!/usr/bin/env bash
# A day with kubectl: every command is printed with what it says and its exit code. KUBECONFIG names the server.
# No controllers run beside it, so the script says itself what they would: statuses, the end of deletions.
set -u
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT

run() { printf '\n$ %s\n' "$*"; "$@" 2>&1; printf '[%s]\n' "$?"; }
k() { run kubectl "$@"; }
title() { printf '\n## %s\n' "$1"; }
# until_says TEXT FILE: waits until a file holds a text, for what runs in the background.
until_says() { for _ in $(seq 100); do grep -q "$1" "$2" && return; sleep 0.1; done; echo "never said: $1"; }

cat >deployment.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1", ports: [{containerPort: 80}], env: [{name: MODE, value: fast}], resources: {limits: {memory: 64Mi}}}
YAML
cat >service.yaml <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, clusterIP: 10.0.0.80, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {color: red, size: "3"}
YAML
cat >crd.yaml <<'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: robots.shop.example.com}
spec:
  group: shop.example.com
  scope: Namespaced
  names: {plural: robots, singular: robot, kind: Robot, shortNames: [rob], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.arms, statusReplicasPath: .status.arms}}
    additionalPrinterColumns:
    - {name: Arms, type: integer, jsonPath: .spec.arms}
    - {name: Color, type: string, jsonPath: .spec.color}
    schema:
      openAPIV3Schema:
        type: object
        description: A robot of the shop.
        properties:
          spec:
            type: object
            description: What is wanted.
            required: [arms]
            x-kubernetes-validations: [{rule: "self.arms != 3", message: "three arms are unlucky"}]
            properties:
              arms: {type: integer, minimum: 1, maximum: 8, description: How many arms it has.}
              color: {type: string, enum: [red, blue], default: red}
              tools: {type: array, items: {type: string}, x-kubernetes-list-type: set}
          status: {type: object, properties: {arms: {type: integer}, state: {type: string}}}
YAML
cat >robot.yaml <<'YAML'
apiVersion: shop.example.com/v1
kind: Robot
metadata: {name: r2, namespace: shop}
spec: {arms: 2, tools: [saw]}
YAML

title "what there is"
k api-versions
k api-resources
k get --raw /readyz
k version
k cluster-info

title "apply"
k create namespace shop
k apply -f deployment.yaml -f service.yaml
k apply -f deployment.yaml -f service.yaml
k get all,configmaps -n shop
k get deployment web -n shop -o wide --show-labels
k get deployment web -n shop -o yaml --show-managed-fields
k get service web -n shop -o json
k get configmap -n shop -o name
k get configmap settings -n shop -o 'jsonpath={.data.color}'
k get configmap -n shop -o custom-columns=NAME:.metadata.name,SIZE:.data.size --sort-by=.metadata.name
k get services -A --field-selector metadata.name=web
k get deployments -A -l 'app in (web, api),!beta' -o jsonpath-as-json='{.items[*].metadata.name}'
k get nothing
k get deployment absent -n shop
sed -i 's/web:1/web:2/; s/replicas: 2/replicas: 3/' deployment.yaml
k diff -f deployment.yaml
k apply -f deployment.yaml --dry-run=server
k apply -f deployment.yaml
k diff -f deployment.yaml
k apply view-last-applied deployment web -n shop
k rollout history deployment web -n shop
k replace -f service.yaml
k create -f service.yaml
sed 's/replicas:/replica:/' deployment.yaml >typo.yaml
k apply -f typo.yaml
k apply -f typo.yaml --validate=false
k apply -f typo.yaml --validate=warn --dry-run=server
sed 's/containerPort: 80/containerPort: 800000/' deployment.yaml >wrong.yaml
k apply -f wrong.yaml

title "server-side apply"
cat >size.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: shared, namespace: shop}
data: {color: red, size: "3"}
YAML
k apply --server-side --field-manager=one -f size.yaml
sed 's/color: red/color: blue/' size.yaml >blue.yaml
k apply --server-side --field-manager=two -f blue.yaml
k apply --server-side --field-manager=two -f blue.yaml --force-conflicts
k get configmap shared -n shop -o yaml --show-managed-fields
k diff --server-side --field-manager=one -f size.yaml
sed -i '/data:/d' size.yaml
k apply --server-side --field-manager=one -f size.yaml
k get configmap shared -n shop -o yaml --show-managed-fields
k apply --server-side -f deployment.yaml
k get deployment web -n shop -o yaml --show-managed-fields

title "patches"
k patch deployment web -n shop -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"LEVEL","value":"1"}]}]}}}}'
k patch deployment web -n shop --type=merge -p '{"metadata":{"labels":{"tier":"front"}},"spec":{"revisionHistoryLimit":3}}'
k patch deployment web -n shop --type=json -p '[{"op":"test","path":"/spec/revisionHistoryLimit","value":3},{"op":"remove","path":"/spec/revisionHistoryLimit"}]'
k patch deployment web -n shop --type=json -p '[{"op":"test","path":"/spec/replicas","value":9}]'
k patch deployment web -n shop --type=json -p '[{"op":"remove","path":"/spec/absent"}]'
k patch deployment web -n shop --type=json -p '{"op":"remove"}'
k patch deployment web -n shop -p '{"spec":{"replicas":"many"}}'
k patch deployment web -n shop -p '{"spec":{"template":{"spec":{"containers":[{"$patch":"delete","name":"web"}]}}}}'
k label deployment web -n shop owner=jane
k label deployment web -n shop owner=joe
k label deployment web -n shop owner-
k annotate configmap settings -n shop note=first
k set image deployment/web -n shop web=web:3
k set env deployment/web -n shop MODE-
k set resources deployment/web -n shop --limits=cpu=100m
k scale deployment web -n shop --replicas=4
k scale deployment web -n shop --replicas=5 --current-replicas=3
k autoscale deployment web -n shop --min=1 --max=5 --cpu-percent=80
k expose deployment web -n shop --name=web2 --port=81 --cluster-ip=10.0.0.81
k get deployment web -n shop -o yaml --show-managed-fields

title "edit"
export KUBE_EDITOR="sed -i s/color:.*/color:\ green/"
k edit configmap settings -n shop
k edit configmap settings -n shop
KUBE_EDITOR="sed -i s/replicas:.*/replicas:\ -1/" k edit deployment web -n shop
KUBE_EDITOR="sed -i s/paused:.*/x/" k edit deployment web -n shop
k get configmap settings -n shop -o yaml

title "custom kinds"
k apply -f crd.yaml
k wait --for=condition=Established crd/robots.shop.example.com --timeout=20s
for _ in $(seq 100); do kubectl explain robot >/dev/null 2>&1 && break; sleep 0.1; done
k explain robot
k explain robot.spec
k explain robot.spec.arms
k explain robot --recursive
k explain robot.spec.legs
for _ in $(seq 50); do kubectl get robots -n shop >/dev/null 2>&1 && break; sleep 0.1; done
k apply -f robot.yaml
k apply --server-side --field-manager=robots -f robot.yaml
k get rob -n shop
k get robot r2 -n shop -o yaml
k describe robot r2 -n shop
sed 's/arms: 2/arms: 3/' robot.yaml >three.yaml
k apply -f three.yaml
sed "s/arms: 2/arms: 12/" robot.yaml >twelve.yaml
k apply -f twelve.yaml
sed 's/arms: 2/arms: 2, legs: 2/' robot.yaml >legs.yaml
k apply -f legs.yaml
k patch robot r2 -n shop --type=merge --subresource=status -p '{"status":{"arms":2,"state":"idle"},"spec":{"arms":5}}'
k scale robot r2 -n shop --replicas=4
k patch robot r2 -n shop -p '{"spec":{"arms":5}}'
k get robot r2 -n shop -o yaml --show-managed-fields
k describe crd robots.shop.example.com

title "explain builtin kinds"
fields() { printf '\n$ kubectl explain %s\n' "$*"; kubectl explain "$@" 2>&1 | sed -n '1,/^$/p; /^FIELDS/,$p' | grep -v '^    ' ; }
fields deployment
fields deployment.spec.strategy --recursive
fields pod.spec.affinity --recursive
fields service.spec
fields ingress.spec.rules --recursive
k explain deployment.spec.nothing
k explain nothing

title "wait and watch"
cat >pod.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: one, namespace: shop, labels: {app: one}}
spec: {terminationGracePeriodSeconds: 0, containers: [{name: main, image: "main:1", command: [sleep, "60"]}]}
YAML
kubectl get pods -n shop -w --output-watch-events >watched 2>&1 &
watcher=$!
sleep 1
k apply -f pod.yaml
k wait --for=jsonpath='{.status.phase}'=Running pod/one -n shop --timeout=1s
k patch pod one -n shop --subresource=status -p '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"main","image":"main:1","imageID":"x","ready":true,"restartCount":2,"state":{"running":{"startedAt":"2024-01-01T00:00:00Z"}}}]}}'
k wait --for=jsonpath='{.status.phase}'=Running pod/one -n shop --timeout=20s
k wait --for=condition=Ready pod -l app=one -n shop --timeout=20s
k get pod one -n shop -o wide
k describe pod one -n shop
k set image pod/one -n shop main=main:2
k delete pod one -n shop --timeout=20s
until_says DELETED watched
kill "$watcher"; wait "$watcher" 2>/dev/null
cat watched
k wait --for=delete pod/one -n shop --timeout=5s
k run two -n shop --image=two:1 --restart=Never --labels=app=two
(sleep 1; kubectl delete pod two -n shop --grace-period=0 --force >/dev/null 2>&1) &
k wait --for=delete pod/two -n shop --timeout=20s
k patch deployment web -n shop --subresource=status -p '{"status":{"observedGeneration":99,"replicas":4,"updatedReplicas":4,"readyReplicas":4,"availableReplicas":4,"conditions":[{"type":"Available","status":"True","reason":"MinimumReplicasAvailable"}]}}'
k wait --for=condition=Available deployment/web -n shop --timeout=20s
k rollout status deployment web -n shop --timeout=20s
k get deployment web -n shop -o wide

title "describe"
k describe deployment web -n shop
k describe service web -n shop
kubectl create configmap one-key -n shop --from-literal=key=value >/dev/null
k describe configmap one-key -n shop
k describe namespace shop
k create secret generic key -n shop --from-literal=password=hunter2
k describe secret key -n shop
k create serviceaccount robot -n shop
k describe serviceaccount robot -n shop
k create ingress front -n shop --rule=shop.example.com/cart*=web:80,tls=key --class=nginx
k describe ingress front -n shop
k create job once -n shop --image=once:1 -- date
k get job once -n shop -o yaml
k describe job once -n shop
k create cronjob nightly -n shop --image=once:1 --schedule='0 3 * * *'
k describe cronjob nightly -n shop
k create job -n shop by-hand --from=cronjob/nightly
k create quota small -n shop --hard=pods=3
k describe quota small -n shop
k create poddisruptionbudget web -n shop --selector=app=web --min-available=1
k describe poddisruptionbudget web -n shop
k create priorityclass high --value=10 --description=high
k get all,secrets,ingresses,quota,pdb,hpa,serviceaccounts -n shop
k events -n shop

title "who may do what"
k create role reader -n shop --verb=get,list,watch --resource=pods,deployments.apps
k create rolebinding readers -n shop --role=reader --user=jane --serviceaccount=shop:robot
k create clusterrole nodes --verb=get --resource=nodes --non-resource-url=/metrics
k create clusterrolebinding nodes --clusterrole=nodes --group=staff
k describe role reader -n shop
k auth can-i list pods -n shop --as=jane
k auth can-i delete pods -n shop --as=jane
k auth can-i '*' '*'
k auth can-i --list -n shop --as=jane
k get pods -n shop --as=jane
k get pods -n default --as=jane
k delete deployment web -n shop --as=jane
k get nodes --as=joe --as-group=staff
k auth reconcile -f /dev/null

title "lists in parts"
for i in 1 2 3 4 5; do kubectl create configmap "part-$i" -n shop --from-literal="i=$i" >/dev/null; done
k get configmaps -n shop --chunk-size=2
k delete configmaps -n shop part-1 part-2
k delete configmaps -n shop --field-selector metadata.name=part-3
k delete configmaps -n shop --all --dry-run=server

title "delete and what depends on it"
owner() {
  kubectl create configmap owner -n shop >/dev/null
  uid=$(kubectl get configmap owner -n shop -o 'jsonpath={.metadata.uid}')
  kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: ConfigMap
metadata:
  name: child
  namespace: shop
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: $uid, blockOwnerDeletion: true}]
YAML
}
state() { k get configmaps -n shop owner child -o 'custom-columns=NAME:.metadata.name,FINALIZERS:.metadata.finalizers,GRACE:.metadata.deletionGracePeriodSeconds' --ignore-not-found; }
finish() { k patch configmap owner -n shop --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'; kubectl delete configmap child -n shop >/dev/null; }
owner
k delete configmap owner -n shop --cascade=background
state
kubectl delete configmap child -n shop >/dev/null
owner
k delete configmap owner -n shop --cascade=foreground --wait=false
state
finish
owner
k delete configmap owner -n shop --cascade=orphan --wait=false
state
finish
owner
k delete configmap owner -n shop --cascade=sideways
(sleep 1; kubectl patch configmap owner -n shop --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]' >/dev/null) &
k delete configmap owner -n shop --cascade=foreground --timeout=20s
k delete -f service.yaml -f deployment.yaml
k delete -f service.yaml
k delete -f service.yaml --ignore-not-found
k delete robots --all -n shop
k delete -f crd.yaml --timeout=20s
k get robots -n shop
k delete namespace shop --wait=false
k get namespace shop -o yaml
k create configmap late -n shop
k delete namespace default
