"""The cluster profile: Capstan on Kubernetes, next to Kubeflow Pipelines, KServe and KubeRay."""
