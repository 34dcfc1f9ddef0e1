"""The data type keywords of a Python toolbox (pyt.md 1.6).

The documentation page is GP/defining-parameter-data-types-in-a-python-toolbox.htm. It could be seen only in part; the
rest comes from public transcriptions of it, so a keyword that is missing here may exist. Whether case matters is
unknown; here it does.
"""

from __future__ import annotations

_DATA_ELEMENTS_LIST = """
DEAddressLocator DEArcInfoTable DEBimFileWorkspace DECadastralFabric DECadDrawingDataset DECatalogRoot DECoverage
DECoverageFeatureClasses DEDatasetType DEDbaseTable DEDiskConnection DEFeatureClass DEFeatureDataset DEFile DEFolder
DEGeoDataServer DEGeodatasetType DEGeometricNetwork DEGlobeServer DEGPServer DEImageServer DELasDataset DELayer
DEMapDocument DEMapServer DEMosaicDataset DENetworkDataset DEParcelDataset DEPrjFile DERasterBand DERasterCatalog
DERasterDataset DERelationshipClass DERemoteDatabaseFolder DESchematicDataset DESchematicDiagram
DESchematicDiagramClass DESchematicFolder DEServerConnection DEShapeFile DESpatialReferencesFolder DETable
DETextFile DETin DETool DEToolbox DETopology DETraceNetwork DEType DEUtilityNetwork DEVPFCoverage DEVPFTable
DEWCSCoverage DEWMSMap DEWMTS DEWorkspace
"""
_OTHERS_LIST = """
GP3DADecimate GP3DObjectFeatureLayer GP3DTilesLayer GPAddressLocatorStyle GPAnnotationLayer GPArcInfoItem
GPArealUnit GPBoolean GPBuildingDisciplineLayer GPBuildingLayer GPBuildingSceneDisciplineLayer GPBuildingSceneLayer
GPCadastralFabricLayer GPCalculatorExpression GPCatalogLayer GPCellSizeXY GPCompositeLayer GPCoordinateSystem
GPDataFile GPDate GPDiagramLayer GPDimensionLayer GPDouble GPElevationSurfaceLayer GPEncryptedString GPEnvelope
GPEvaluationScale GPExtent GPFeatureLayer GPFeatureRecordSetLayer GPFieldInfo GPFieldMapping GPGALayer
GPGASearchNeighborhood GPGAValueTable GPGraph GPGraphDataTable GPGraphicsLayer GPGroupLayer GPINFOExpression
GPInternetTiledLayer GPKMLLayer GPLasDatasetLayer GPLayer GPLayout GPLine GPLinearUnit GPLong GPMap GPMapServerLayer
GPMDomain GPMosaicLayer GPNAHierarchySettings GPNALayer GPNetworkDatasetLayer GPNetworkDataSource
GPOrientedImageryLayer GPPairwiseWeightsTable GPParcelLayer GPPoint GPPolygon GPRandomNumberGenerator
GPRasterBuilder GPRasterCalculatorExpression GPRasterCatalogLayer GPRasterDataLayer GPRasterFormulated GPRasterLayer
GPRecordSet GPReport GPRouteMeasureEventProperties GPSACellSize GPSAExtractValues GPSAFuzzyFunction
GPSAGDBEnvCompression GPSAGDBEnvPyramid GPSAGDBEnvStatistics GPSAGDBEnvTileSize GPSAHorizontalFactor
GPSANeighborhood GPSARadius GPSARemap GPSASemiVariogram GPSATimeConfiguration GPSATopoFeatures
GPSATransformationFunction GPSAVerticalFactor GPSAWeightedOverlayTable GPSAWeightedSum GPSceneServiceLayer
GPSchematicLayer GPSpatialReference GPSQLExpression GPString GPStringHidden GPTableView GPTerrainLayer GPTimeUnit
GPTinLayer GPTopologyLayer GPTraceNetworkLayer GPTrajectoryLayer GPType GPUtilityNetworkLayer GPValueTable GPVariant
GPVectorLayer GPVoxelLayer GPXYDomain GPZDomain analysis_cell_size Field Index NAClassFieldMap NetworkTravelMode
"""
DATA_ELEMENTS = frozenset(_DATA_ELEMENTS_LIST.split())
KEYWORDS = DATA_ELEMENTS | frozenset(_OTHERS_LIST.split())

LABELS = {
    "DEMapServer": "Map Server",
    "DEImageServer": "Image Service",
    "GPString": "String",
    "GPLong": "Long",
    "GPDouble": "Double",
    "GPBoolean": "Boolean",
    "GPExtent": "Extent",
    "GPStringHidden": "String Hidden",
    "DEFile": "File",
    "DEFolder": "Folder",
}

FILTERS = {
    "GPString": ("ValueList",),
    "GPLong": ("ValueList", "Range"),
    "GPDouble": ("ValueList", "Range"),
    "DEFile": ("File",),
    "DEFeatureClass": ("FeatureClass",),
    "GPFeatureLayer": ("FeatureClass",),
    "Field": ("Field",),
    "DEWorkspace": ("Workspace",),
}
