#!/usr/bin/env bash
# A release with Helm from its installation to its end. KUBECONFIG names the server, the first argument Helm.
set -u
helm=${1:?usage: helm.sh HELM}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
run() { printf '\n$ %s\n' "$*"; "$@" 2>&1; printf '[%s]\n' "$?"; }
h() { printf '\n$ helm %s\n' "${*//$here/.}"; "$helm" "$@" 2>&1; printf '[%s]\n' "$?"; }

h install shop "$here/chart" --namespace market --create-namespace
h install shop "$here/chart" --namespace market
h list --namespace market
h status shop --namespace market
h get manifest shop --namespace market
h get values shop --namespace market
run kubectl get all,configmaps -n market
h upgrade shop "$here/chart" --namespace market --set replicas=3 --set color=blue
run kubectl get configmap shop -n market -o yaml --show-managed-fields
h upgrade shop "$here/chart" --namespace market --set replicas=many
h history shop --namespace market
h rollback shop 1 --namespace market
run kubectl get deployment shop -n market -o yaml
h upgrade --install other "$here/chart" --namespace market --dry-run=server
h uninstall shop --namespace market
run kubectl get all,configmaps -n market
h uninstall shop --namespace market

# The operator's own chart, as its guide installs it, and with replicas that share the work.
operator=$here/../../../operator/chart
h install kro "$operator" --namespace kro-system --create-namespace
run kubectl get deployment,service,serviceaccount,role,rolebinding -n kro-system -o name
run kubectl get clusterrole,clusterrolebinding -l app.kubernetes.io/instance=kro -o name
run kubectl get crd resourcegraphdefinitions.kro.run -o name
run kubectl auth can-i list leases -n kro-system --as system:serviceaccount:kro-system:kro
h upgrade kro "$operator" --namespace kro-system --set shards=12 --set replicas=3
run kubectl get deployment kro -n kro-system -o 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].args}'
run kubectl auth can-i list leases -n kro-system --as system:serviceaccount:kro-system:kro
h uninstall kro --namespace kro-system
run kubectl get deployment,role -n kro-system -o name
